#pragma once

// Reads JSON without keeping it: one value after the other, each with the way to it.

#include <cstddef>
#include <istream>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <forebay/graph/error.hpp>

namespace forebay {

/// Base of what looks for a few things in a file of any size. Memory: that of the longest string.
class JsonWalk : private nlohmann::json_sax<nlohmann::json> {
 public:
  /// Calls `value` and `closed` of what `file` holds. Throws `Error` beginning with `where` when it
  /// is not JSON, and passes on what these throw.
  void walk(std::istream& file, const std::string& where);

 protected:
  JsonWalk() = default;
  ~JsonWalk() override = default;

  /// A text, number, true, false or null that is in an object or list, as text.
  virtual void value(const std::string& text) = 0;
  /// An object or list has ended; `depth` is that of what it was in.
  virtual void closed() = 0;

  /// Objects and lists around the value. `key(0)` is a name in the outermost object; that of a list
  /// is empty, and `index` says which of its entries it is.
  std::size_t depth() const { return depth_; }
  const std::string& key(std::size_t level) const { return levels_[level].key; }
  std::size_t index(std::size_t level) const { return levels_[level].index; }

 private:
  struct Level {
    bool list = false;
    std::size_t index = 0;
    std::string key;
  };

  bool null() override { return scalar("null"); }
  bool boolean(bool value) override { return scalar(value ? "true" : "false"); }
  bool number_integer(number_integer_t value) override { return scalar(std::to_string(value)); }
  bool number_unsigned(number_unsigned_t value) override { return scalar(std::to_string(value)); }
  bool number_float(number_float_t, const string_t& text) override { return scalar(text); }
  bool string(string_t& text) override { return scalar(text); }
  bool binary(binary_t&) override { return true; }  // JSON has none
  bool start_object(std::size_t) override { return open(false); }
  bool start_array(std::size_t) override { return open(true); }
  bool key(string_t& name) override;
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool parse_error(std::size_t byte, const std::string& token,
                   const nlohmann::detail::exception& error) override;

  bool scalar(const std::string& text);
  bool open(bool list);
  bool close();
  void next();

  std::vector<Level> levels_;  // those that were left are kept for their memory
  std::size_t depth_ = 0;
  std::string error_;
};

}  // namespace forebay
