#pragma once

// From an encoded image to pixels.

#include <cstddef>
#include <span>

#include <forebay/nodes/image/image.hpp>

namespace forebay {

/// Decodes JPEG (baseline, progressive, gray, CMYK and YCCK), PNG, WebP or BMP, told apart by their
/// first bytes, to RGB (`channels` 3) or gray (1).
///
/// As MXNet does: the EXIF orientation is ignored, alpha is dropped, 16 bits become 8. Unlike it: a
/// JPEG with missing or damaged data is an error, not a picture with a gray part.
///
/// Throws `Error` with the reason alone, such as "JPEG: premature end of data" or "the image has no
/// bytes"; the caller knows where the bytes are from. Over 2^28 pixels are an error too, for a JPEG
/// of several scans (progressive ones are) over 2^26 or over 500 scans. Does not block; any number
/// of threads may decode with one pool.
Image decode(std::span<const std::byte> bytes, const ImagePool& pool, int channels = 3);

}  // namespace forebay
