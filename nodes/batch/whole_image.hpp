#pragma once

// An image decoded as a whole, so that the samples of every draw can be cut from it.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include <forebay/nodes/batch/decode_needed.hpp>
#include <forebay/nodes/image/augment.hpp>
#include <forebay/nodes/image/image.hpp>
#include <forebay/nodes/image/planes.hpp>

namespace forebay {

/// Views of an image's pixels in every form that `decode_needed` may take a part from.
struct WholeImage {
  ImageSize size;
  std::size_t reductions = 0;         // in how many of them there are planes
  std::array<YccPlanes, 4> planes{};  // not reduced, reduced by 2, by 4, by 8
  ImageView pixels;                   // null: no draw needs them
};

/// The same with the memory of its pixels.
struct DecodedWhole {
  WholeImage image;
  std::array<YccPart, 4> planes;
  Image pixels;
};

/// Nothing for a bad image, of which parts may still be good. Does not block; any thread.
std::optional<DecodedWhole> decode_whole(std::span<const std::byte> bytes, const Augment& augment,
                                         DecodeMode mode, const ImagePool& images);

/// Bytes that `copy_image` writes to.
std::size_t bytes_of(const WholeImage& image);

/// Copies the pixels to `memory`, which has room for `bytes_of(image)`, and says where they are.
WholeImage copy_image(const WholeImage& image, std::uint8_t* memory);

/// What `decode_needed` gives, down to the bit, if `image` was decoded with the same options.
/// Planes stay where they are and have to outlive what is given; RGB pixels are copied. Any thread.
Pixels cut_needed(const WholeImage& image, const Augment& augment, Random random,
                  const ImagePool& images);

}  // namespace forebay
