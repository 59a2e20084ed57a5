#pragma once

// What is decoded of an image for its sample.

#include <cstddef>
#include <cstdint>
#include <span>
#include <variant>

#include <forebay/nodes/image/augment.hpp>
#include <forebay/nodes/image/image.hpp>
#include <forebay/nodes/image/planes.hpp>
#include <forebay/nodes/random.hpp>

namespace forebay {

/// How pixels are made of a JPEG.
enum class DecodeMode : std::uint8_t {
  kFast,   // `decode_planes` where it can: within small differences of the other, in half the time
  kExact,  // exactly as libjpeg-turbo decodes and OpenCV resizes
};

/// What was decoded of an image: pixels, or planes where that is faster.
using Pixels = std::variant<ImagePart, YccPart>;

/// Bytes of memory that they keep from others.
std::size_t byte_size(const Pixels& pixels);

/// What of an image is needed for the sample with this `random`. Throws `Error` for a bad image,
/// also one that `augment` could not bring to its size. With kFast `planes` decodes what it can; it
/// says whether that blocks, otherwise this does not. Any thread.
Pixels decode_needed(std::span<const std::byte> bytes, const Augment& augment, Random random,
                     DecodeMode mode, const ImagePool& images,
                     const PlanesDecoder& planes = decode_planes);

}  // namespace forebay
