#pragma once

// From pixels to an encoded image.

#include <cstddef>
#include <span>
#include <vector>

#include <forebay/nodes/image/image.hpp>

namespace forebay {

/// Baseline JPEG with 4:2:0 chroma, or gray; `quality` 1 to 100. The bytes are those that OpenCV,
/// and so MXNet's im2rec, writes with the same libjpeg. Throws `Error` over 65,500 pixels a side.
std::vector<std::byte> encode_jpeg(const Image& image, int quality = 95);

/// The same image in other bytes: exactly the same pixels, coded with Huffman tables of its own,
/// and with a restart marker after every `restart_rows` rows of blocks (1 to 65,535), so that a
/// decoder may begin at each. Baseline, whatever it was; metadata stay. Usually some percent
/// smaller.
///
/// Throws `Error` where `decode` does, and over 2^26 pixels. Does not block.
std::vector<std::byte> repack_jpeg(std::span<const std::byte> jpeg, int restart_rows);

/// PNG; `level` 0 (fast) to 9 (small). Lossless at any level.
std::vector<std::byte> encode_png(const Image& image, int level = 3);

}  // namespace forebay
