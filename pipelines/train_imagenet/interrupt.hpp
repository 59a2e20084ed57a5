#pragma once

// Ctrl-C: the first one asks to stop, the second one stops at once.

namespace forebay {

/// Watches SIGINT and SIGTERM while it lives. One at a time.
class InterruptWatch {
 public:
  InterruptWatch();
  ~InterruptWatch();
  InterruptWatch(const InterruptWatch&) = delete;  // owns the process's handlers

  /// Whether a signal has come.
  static bool seen();
};

}  // namespace forebay
