#pragma once

// From an image file's bytes to those that are packed.

#include <cstddef>
#include <span>
#include <vector>

#include <forebay/nodes/image/image.hpp>
#include <im2rec/options.hpp>

namespace forebay {

/// Decodes, turns upright as the EXIF block says (not with --color -1, as im2rec.py), crops,
/// resizes and encodes again; or takes the bytes as they are. JPEGs get restart markers if asked.
/// Any number of threads may share one; does not block.
class EncodeImage {
 public:
  explicit EncodeImage(const Im2recOptions& options) : options_(options) {}

  /// Throws `Error` saying what is wrong with the image, without its name.
  std::vector<std::byte> operator()(std::span<const std::byte> file) const;

 private:
  std::vector<std::byte> encode(std::span<const std::byte> file) const;

  Im2recOptions options_;
  ImagePool pool_;
};

}  // namespace forebay
