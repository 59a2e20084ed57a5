#pragma once

// From an encoded image to pixels.

#include <cstddef>
#include <functional>
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

/// Which part of an image of this size is needed; it lies inside.
using NeededPart = std::function<Crop(ImageSize)>;

/// Decodes what `needed` says, once the size is known: a part that covers it, with exactly the
/// pixels that `decode` gives there.
///
/// Of a JPEG it computes no pixels above the needed part, few beside it, and goes no further than
/// its last row: about a quarter of the time is saved for ImageNet's random crops. So damage below
/// the part goes unseen, except that a file without its end is decoded as a whole and judged as
/// `decode` does. CMYK JPEGs and other formats are always decoded as a whole.
///
/// Throws and behaves as `decode`. `needed` is called for every image, and its exceptions pass.
ImagePart decode_part(std::span<const std::byte> bytes, const ImagePool& pool, int channels,
                      const NeededPart& needed);

}  // namespace forebay
