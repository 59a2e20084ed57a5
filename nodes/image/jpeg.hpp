#pragma once

// JPEG through libjpeg-turbo; decode.hpp and encode.hpp are what programs include.

#include <cstddef>
#include <span>
#include <vector>

#include <forebay/nodes/image/image.hpp>

namespace forebay::detail {

/// Largest image that is decoded, in pixels: a damaged header must not ask for all memory.
inline constexpr long long kMaxPixels = 1LL << 28;

/// Throws `Error` with the reason alone, as `decode` does.
Image decode_jpeg(std::span<const std::byte> bytes, const ImagePool& pool, int channels);

std::vector<std::byte> encode_jpeg(const Image& image, int quality);

}  // namespace forebay::detail
