#pragma once

// What an encoded image says about itself, without decoding it.

#include <cstddef>
#include <cstdint>
#include <span>

#include <forebay/nodes/image/image.hpp>

namespace forebay {

/// Whether it begins as a JPEG does.
bool is_jpeg(std::span<const std::byte> bytes);

/// Whether a JPEG or PNG is stored in gray, without alpha. False for every other format and for
/// damaged headers.
bool is_stored_gray(std::span<const std::byte> bytes);

/// How the stored pixels have to be turned to stand upright: the values of EXIF's orientation.
enum class Orientation : std::uint8_t {
  kUpright = 1,
  kMirrored,
  kUpsideDown,
  kUpsideDownMirrored,
  kTransposed,
  kClockwise,  // by 90 degrees
  kTransposedOtherWay,
  kCounterclockwise,
};

/// From a JPEG's EXIF block; upright where it has none, where that is damaged, and for every other
/// format.
Orientation stored_orientation(std::span<const std::byte> bytes);

/// The image turned upright; itself where it is already.
Image turn(const Image& image, Orientation orientation);

}  // namespace forebay
