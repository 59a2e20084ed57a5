#include <forebay/nodes/cpu/layers/patches.hpp>

#include <algorithm>

#include <forebay/nodes/cpu/bfloat16.hpp>

namespace forebay {
namespace {

/// One row of a window that begins at column `x`: pixels of a row lie one after the other.
template <class Value>
Value* copy_window_row(const Value* row, int x, const Patches& shape, Value* to) {
  const int channels = shape.input.channels;
  const int left = std::clamp(-x, 0, shape.kernel);
  const int right = std::clamp(shape.input.width - x, left, shape.kernel);
  to = std::fill_n(to, left * channels, Value{});
  to = std::copy_n(row + (x + left) * channels, (right - left) * channels, to);
  return std::fill_n(to, (shape.kernel - right) * channels, Value{});
}

}  // namespace

template <class Value>
void copy_patches(const Value* image, const Patches& shape, Value* patches) {
  const int row_size = shape.input.width * shape.input.channels;
  for (int i = 0; i < shape.output.height * shape.output.width; ++i) {
    const int top = i / shape.output.width * shape.stride - shape.padding;
    const int x = i % shape.output.width * shape.stride - shape.padding;
    for (int y = top; y < top + shape.kernel; ++y) {
      if (y < 0 || y >= shape.input.height) {
        patches = std::fill_n(patches, shape.kernel * shape.input.channels, Value{});
      } else {
        patches = copy_window_row(image + y * row_size, x, shape, patches);
      }
    }
  }
}

template void copy_patches(const float*, const Patches&, float*);
template void copy_patches(const Bfloat16*, const Patches&, Bfloat16*);

}  // namespace forebay
