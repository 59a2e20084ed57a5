#pragma once

// Images of another size.

#include <forebay/nodes/image/image.hpp>

namespace forebay {

struct ImageSize {
  int width = 0;
  int height = 0;

  friend bool operator==(const ImageSize&, const ImageSize&) = default;
};

enum class Interpolation {
  kLinear,  // between four pixels, as MXNet's default; aliases when shrinking by much
  kArea,    // the mean of the pixels that fall together; for shrinking
};

/// The size whose shorter side is `length`; the other keeps the shape, rounded down but at least 1.
ImageSize short_edge_size(ImageSize from, int length);

/// A new image from the same pool. Sizes must be positive.
Image resize(const Image& image, ImageSize size,
             Interpolation interpolation = Interpolation::kLinear);

/// Makes the shorter side `length` pixels long, enlarging too, as im2rec --resize.
Image resize_short_edge(const Image& image, int length,
                        Interpolation interpolation = Interpolation::kLinear);

/// The middle square, as im2rec --center-crop.
Image center_crop_square(const Image& image);

}  // namespace forebay
