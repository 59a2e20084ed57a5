#pragma once

// JPEG through libjpeg-turbo; decode.hpp and encode.hpp are what programs include.

#include <cstddef>
#include <span>
#include <vector>

#include <forebay/nodes/image/decode.hpp>
#include <forebay/nodes/image/image.hpp>

namespace forebay::detail {

/// Largest image that is decoded, in pixels: a damaged header must not ask for all memory.
inline constexpr long long kMaxPixels = 1LL << 28;

/// The same for a JPEG of several scans (progressive ones are), of which libjpeg keeps up to 8
/// bytes a pixel besides.
inline constexpr long long kMaxPixelsInScans = 1LL << 26;

/// Most scans: each goes over the whole image, and a few bytes are enough for one.
inline constexpr int kMaxScans = 500;

/// As `decode_part`, of bytes that begin as a JPEG does.
ImagePart decode_jpeg(std::span<const std::byte> bytes, const ImagePool& pool, int channels,
                      const NeededPart& needed);

std::vector<std::byte> encode_jpeg(const Image& image, int quality);
std::vector<std::byte> repack_jpeg(std::span<const std::byte> jpeg, int restart_rows);

}  // namespace forebay::detail
