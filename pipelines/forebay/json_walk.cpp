#include <forebay/json_walk.hpp>

#include <string_view>

#include <fmt/format.h>

namespace forebay {
namespace {

constexpr std::size_t kDeepest = 64;

// "[json.exception...] parse error at line 3, column 5: syntax error while ... unexpected end of
// input" -> "line 3, column 5: it is not JSON; the file has been cut off there".
std::string explained(std::string_view error) {
  const auto at = error.find("line "), end = error.find(':', at);
  const bool cut = error.find("unexpected end of input") != error.npos ||
                   error.find("missing closing quote") != error.npos;
  return fmt::format("{}{}it is not JSON{}", at == error.npos ? "" : error.substr(at, end - at),
                     at == error.npos ? "" : ": ", cut ? "; the file has been cut off there" : "");
}

}  // namespace

void JsonWalk::walk(std::istream& file, const std::string& where) {
  depth_ = 0;
  error_.clear();
  nlohmann::json::sax_parse(file, static_cast<nlohmann::json_sax<nlohmann::json>*>(this));
  if (!error_.empty()) throw Error(where + ", " + error_);
}

bool JsonWalk::key(string_t& name) {
  levels_[depth_ - 1].key = name;
  return true;
}

bool JsonWalk::parse_error(std::size_t, const std::string&,
                           const nlohmann::detail::exception& error) {
  error_ = explained(error.what());
  return false;
}

bool JsonWalk::scalar(const std::string& text) {
  if (depth_ == 0) return true;
  value(text);
  next();
  return true;
}

bool JsonWalk::open(bool list) {
  if (depth_ == kDeepest) {
    error_ = fmt::format("it is nested more than {} deep", kDeepest);
    return false;
  }
  if (depth_ == levels_.size()) levels_.emplace_back();
  Level& level = levels_[depth_++];
  level.list = list;
  level.index = 0;
  level.key.clear();
  return true;
}

bool JsonWalk::close() {
  --depth_;
  closed();
  next();
  return true;
}

void JsonWalk::next() {
  if (depth_ > 0 && levels_[depth_ - 1].list) ++levels_[depth_ - 1].index;
}

}  // namespace forebay
