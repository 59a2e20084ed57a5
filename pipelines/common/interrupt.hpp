#pragma once

// Ctrl-C: the first one asks to stop, the second one stops at once.

#include <string_view>

namespace forebay {

/// Watches SIGINT and SIGTERM while it lives; afterwards, with the work done and the program about to
/// end, they are ignored. One at a time.
class InterruptWatch {
 public:
  /// `message` goes to stderr at the first signal; it must live as long as the program.
  explicit InterruptWatch(std::string_view message);
  ~InterruptWatch();
  InterruptWatch(const InterruptWatch&) = delete;  // owns the process's handlers

  /// Whether a signal has come.
  static bool seen();
};

}  // namespace forebay
