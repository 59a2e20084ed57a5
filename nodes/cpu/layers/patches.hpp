#pragma once

// The windows of images as rows of a matrix, so that a convolution becomes a product of matrices.

#include <cstddef>

#include <forebay/nodes/network/network.hpp>

namespace forebay {

/// How a convolution's window moves over images of shape `input`.
struct Patches {
  ImageShape input, output;
  int kernel = 1, stride = 1, padding = 0;

  std::size_t per_image() const { return static_cast<std::size_t>(output.height * output.width); }
  /// Of one: kernel x kernel x channels.
  std::size_t size() const { return static_cast<std::size_t>(kernel * kernel * input.channels); }
};

/// Writes all patches of `image` (NHWC), row after row; 0 where a window is outside.
template <class Value>
void copy_patches(const Value* image, const Patches& shape, Value* patches);

}  // namespace forebay
