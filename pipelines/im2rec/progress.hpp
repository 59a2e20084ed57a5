#pragma once

// What im2rec tells while it packs.

#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

#include <common/clock.hpp>

namespace forebay {

/// On a terminal one line that is redrawn at most ten times a second; otherwise a line every 1,000
/// images. Lines about bad images stay above it. For one thread at a time.
class PackProgress {
 public:
  /// `file` (stderr) stays open as long as this lives. `name` is what is written, `total` the
  /// images in its list. `terminal_width` 0: no terminal.
  PackProgress(std::FILE* file, std::size_t terminal_width, Clock clock, std::string name,
               std::uint64_t total);
  /// Removes the line.
  ~PackProgress();
  PackProgress(const PackProgress&) = delete;  // owns the terminal's last line

  /// After each image, packed or not.
  void image_done();
  void bad_image(std::string_view path, std::string_view what);

 private:
  void draw(double now);
  void write(const std::string& text);

  std::FILE* file_;
  std::size_t width_;
  Clock clock_;
  std::string name_;
  std::uint64_t total_;
  double begin_;
  std::optional<double> drawn_at_;
  std::uint64_t done_ = 0;
  std::string line_;  // on the terminal now
};

}  // namespace forebay
