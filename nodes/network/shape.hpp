#pragma once

// Shapes of images and tensors.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace forebay {

/// One image as the network sees it, without the batch dimension.
struct ImageShape {
  int channels = 3;
  int height = 224;
  int width = 224;

  friend bool operator==(const ImageShape&, const ImageShape&) = default;
};

/// Tensor dimensions in torchvision's order: OIHW for convolutions, OI for linear layers.
using TensorShape = std::vector<std::int64_t>;

/// Number of elements; 1 for an empty shape (a scalar).
inline std::int64_t elements(const TensorShape& shape) {
  std::int64_t count = 1;
  for (std::int64_t size : shape) count *= size;
  return count;
}

/// Where each of a list of tensors starts in one flat array, in elements, and the array's size.
template <class Tensors>
std::vector<std::size_t> offsets_of(const Tensors& tensors) {
  std::vector<std::size_t> offsets{0};
  for (const auto& tensor : tensors) {
    offsets.push_back(offsets.back() + static_cast<std::size_t>(elements(tensor.shape)));
  }
  return offsets;
}

}  // namespace forebay
