#pragma once

// From pixels to an encoded image.

#include <cstddef>
#include <vector>

#include <forebay/nodes/image/image.hpp>

namespace forebay {

/// Baseline JPEG with 4:2:0 chroma, or gray; `quality` 1 to 100. The bytes are those that OpenCV,
/// and so MXNet's im2rec, writes with the same libjpeg. Throws `Error` over 65,500 pixels a side.
std::vector<std::byte> encode_jpeg(const Image& image, int quality = 95);

/// PNG; `level` 0 (fast) to 9 (small). Lossless at any level.
std::vector<std::byte> encode_png(const Image& image, int level = 3);

}  // namespace forebay
