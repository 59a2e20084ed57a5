#pragma once

// The clock of progress lines and speed lines; tests put in one of their own.

#include <chrono>
#include <functional>

namespace forebay {

/// Seconds from any fixed point.
using Clock = std::function<double()>;

/// The steady clock's.
inline double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace forebay
