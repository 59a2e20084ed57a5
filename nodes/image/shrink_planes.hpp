#pragma once

// Planes with fewer pixels.

#include <forebay/nodes/image/image.hpp>
#include <forebay/nodes/image/planes.hpp>

namespace forebay {

/// A copy of parts of an image's planes with `times` times fewer pixels in each direction (1, 2, 4
/// or 8), each the mean of those it stands for: about what `decode_planes` reduces to. Pixels of
/// which a part lacks some are left out, except at the end of the image. `whole` is the image's
/// size.
YccPart shrink_planes(const YccPlanes& planes, ImageSize whole, int times, const ImagePool& pool);

}  // namespace forebay
