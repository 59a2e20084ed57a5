#pragma once

// Parts and copies of planes that have been decoded already.

#include <cstddef>
#include <cstdint>

#include <forebay/nodes/image/planes.hpp>

namespace forebay {

/// The planes' pixels, where they are, from which a sample of `part` of the image is made: the same
/// ones as `decode_planes` gives of this part with this reduction, and with them the same sample.
YccPlanes cut_planes(const YccPlanes& planes, Crop part);

/// Bytes that `copy_planes` writes to, and those that vectors may read too far.
std::size_t bytes_of(const YccPlanes& planes);

/// Copies the pixels to `memory`, which has room for `bytes_of(planes)`, and says where they are.
YccPlanes copy_planes(const YccPlanes& planes, std::uint8_t* memory);

}  // namespace forebay
