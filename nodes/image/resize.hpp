#pragma once

// Images of another size.

#include <forebay/nodes/image/image.hpp>

namespace forebay {

/// Most pixels that a resize makes, 192 MiB in RGB: a long thin image would grow to gigabytes.
inline constexpr long long kMaxResizedPixels = 1LL << 26;

/// Throws `Error` naming both sizes when `to` is another size of more than `kMaxResizedPixels`.
void check_growth(ImageSize from, ImageSize to);

enum class Interpolation {
  kLinear,  // between four pixels, as MXNet's default; aliases when shrinking by much
  kArea,    // the mean of the pixels that fall together; for shrinking
};

/// `length` x `to` / `from`, rounded down; 2^31 - 1 where it is more, which no image can be long.
int scaled(int length, int to, int from);

/// The size whose shorter side is `length`; the other keeps the shape, rounded down but at least 1.
ImageSize short_edge_size(ImageSize from, int length);

/// A new image from the same pool. Throws `Error` where `size` is empty or `check_growth` refuses
/// it.
Image resize(const Image& image, ImageSize size,
             Interpolation interpolation = Interpolation::kLinear);

/// Makes the shorter side `length` pixels long, enlarging too, as im2rec --resize.
Image resize_short_edge(const Image& image, int length,
                        Interpolation interpolation = Interpolation::kLinear);

/// The middle square, as im2rec --center-crop.
Image center_crop_square(const Image& image);

}  // namespace forebay
