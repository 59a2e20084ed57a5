#pragma once

// A part of a JPEG as it is stored: planes of luma and chroma, each in its own resolution.

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include <forebay/nodes/image/image.hpp>

namespace forebay {

/// One of Y, Cb and Cr.
struct Plane {
  const std::uint8_t* pixels = nullptr;
  std::size_t stride = 0;
  Crop place;        // in the whole plane
  double per_x = 1;  // plane pixels for each pixel of the image
  double per_y = 1;
};

using YccPlanes = std::array<Plane, 3>;

/// Y, Cb and Cr of a part of an image, perhaps reduced by 2, 4 or 8. A cheap handle, as `Image`.
struct YccPart {
  Image memory;
  YccPlanes planes;
  ImageSize whole;  // of the image, not reduced
};

/// What is wanted of an image: `part` of it, in at least `size` pixels where it has as many.
struct WantedPart {
  Crop part;
  ImageSize size;
};

/// How many times fewer pixels `decode_planes` makes of it in each direction: 1, 2, 4 or 8.
int reduction(const WantedPart& wanted);

/// What is wanted of an image of this size, if anything.
using WantedPlanes = std::function<std::optional<WantedPart>(ImageSize)>;

/// Decodes the planes of the wanted part of a baseline JPEG with three components and chroma that
/// is sampled half as often at most, which is what nearly all files are. Where the part is at least
/// twice as large as wanted it is reduced while it is decoded, which takes the mean of neighbours.
///
/// Within 2 of what libjpeg gives, nearly always within 1, and about twice as fast. `wanted` is
/// asked once the size is known. Nothing where it wants nothing, for other images and where data
/// are damaged or cut off before the part's end: what `decode_part` makes of them counts. Lets
/// exceptions of `wanted` through. Thread-safe; 16 MiB of scratch memory at most are kept per
/// thread.
std::optional<YccPart> decode_planes(std::span<const std::byte> jpeg, const ImagePool& pool,
                                     const WantedPlanes& wanted);

/// `decode_planes`, or what does the same.
using PlanesDecoder = std::function<std::optional<YccPart>(
    std::span<const std::byte> jpeg, const ImagePool& pool, const WantedPlanes& wanted)>;

}  // namespace forebay
