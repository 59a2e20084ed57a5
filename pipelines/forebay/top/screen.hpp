#pragma once

// The terminal: paints lines, gives keys.

#include <chrono>
#include <cstddef>
#include <vector>

#include <forebay/top/keys.hpp>
#include <forebay/top/text.hpp>

namespace forebay {

/// Takes over the terminal of stdin and stdout while it lives. One at a time, for one thread.
class Screen {
 public:
  /// Throws `Error` where the terminal cannot be drawn on, or its type is not known. Without
  /// colours where the environment says NO_COLOR.
  Screen();
  ~Screen();
  Screen(const Screen&) = delete;  // gives the terminal back once

  std::size_t width() const;
  std::size_t height() const;
  void paint(const std::vector<Line>& lines);
  /// The next key, within `patience`.
  Key wait(std::chrono::milliseconds patience);
};

/// Whether the environment's character set is UTF-8; sets the process's to that of the environment.
bool use_environments_characters();

}  // namespace forebay
