#pragma once

// Images one after the other on one line of pixels, with zeros where a window may reach beyond one.

#include <cstddef>

#include <forebay/nodes/cpu/bfloat16.hpp>
#include <forebay/nodes/network/network.hpp>

namespace forebay {

/// How NHWC images lie on a line: each takes `rows` rows of `pitch` pixels.
struct ImageLine {
  ImageShape image;  // in memory
  int step = 1;      // of the image every step-th row and column is on the line,
  int top = 0;       // from this row
  int left = 0;      // and this column on
  int rows = 0, pitch = 0;
  std::size_t images = 0;

  int height() const { return (image.height - top + step - 1) / step; }
  int width() const { return (image.width - left + step - 1) / step; }
  bool operator==(const ImageLine&) const = default;
};

/// Writes the pixels [begin, begin + count) of the line; those in front of it and behind are 0.
void copy_line(const Bfloat16* images, const ImageLine& line, std::ptrdiff_t begin,
               std::size_t count, Bfloat16* to);

}  // namespace forebay
