#include <forebay/nodes/cpu/layers/image_line.hpp>

#include <algorithm>

namespace forebay {
namespace {

/// `count` pixels of the row that begins at `row`.
Bfloat16* copy_pixels(const Bfloat16* row, const ImageLine& line, std::ptrdiff_t count,
                      Bfloat16* to) {
  const std::ptrdiff_t channels = line.image.channels;
  if (line.step == 1) return std::copy_n(row, count * channels, to);
  for (std::ptrdiff_t i = 0; i < count; ++i) {
    to = std::copy_n(row + i * line.step * channels, channels, to);
  }
  return to;
}

}  // namespace

void copy_line(const Bfloat16* images, const ImageLine& line, std::ptrdiff_t begin,
               std::size_t count, Bfloat16* to) {
  const std::ptrdiff_t channels = line.image.channels, pitch = line.pitch;
  const std::ptrdiff_t end = begin + static_cast<std::ptrdiff_t>(count);
  const std::ptrdiff_t in_front = std::clamp<std::ptrdiff_t>(-begin, 0, end - begin);
  to = std::fill_n(to, in_front * channels, Bfloat16{});
  std::ptrdiff_t at = begin + in_front;
  std::ptrdiff_t row = at / pitch, column = at % pitch;
  std::ptrdiff_t image = row / line.rows;
  row %= line.rows;
  while (at < end) {
    const std::ptrdiff_t pixels = std::min(pitch - column, end - at);
    const bool inside = image < static_cast<std::ptrdiff_t>(line.images) && row < line.height();
    const std::ptrdiff_t real =
        inside ? std::clamp<std::ptrdiff_t>(line.width() - column, 0, pixels) : 0;
    const std::ptrdiff_t y = image * line.image.height + line.top + row * line.step;
    const std::ptrdiff_t x = line.left + column * line.step;
    to = copy_pixels(images + (y * line.image.width + x) * channels, line, real, to);
    to = std::fill_n(to, (pixels - real) * channels, Bfloat16{});
    at += pixels;
    column = 0;
    if (++row == line.rows) {
      row = 0;
      ++image;
    }
  }
}

}  // namespace forebay
