#pragma once

// A headless Chromium with one page, driven through its debugging pipe.

#include <sys/types.h>

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <support/temporary_folder.hpp>

namespace forebay::test {

/// For one thread. What goes wrong is thrown as std::runtime_error; a page that does not answer is
/// waited for without end, as the test has a time limit.
class Browser {
 public:
  using Json = nlohmann::json;

  explicit Browser(const std::string& program);
  ~Browser();
  Browser(const Browser&) = delete;  // owns a process

  void open(const std::string& url);
  void resize(int width, int height);

  /// The value of a JavaScript expression in the page; a promise is waited for.
  Json evaluate(const std::string& expression);
  /// Waits until the expression is true.
  void wait_for(const std::string& expression);

  /// Exceptions in the page and what its security policy forbade, so far.
  const std::vector<std::string>& complaints() const { return complaints_; }

 private:
  Json call(const std::string& method, const Json& parameters);
  void send(const Json& message) const;
  Json read_message();
  void note(const Json& event);

  TemporaryFolder profile_;
  pid_t pid_ = -1;
  int to_browser_ = -1, from_browser_ = -1;
  int last_id_ = 0;
  std::string session_, unread_;
  std::vector<std::string> complaints_;
};

}  // namespace forebay::test
