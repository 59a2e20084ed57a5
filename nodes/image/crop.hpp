#pragma once

// Which part of an image becomes the sample.

#include <optional>

#include <forebay/nodes/image/image.hpp>
#include <forebay/nodes/image/resize.hpp>
#include <forebay/nodes/random.hpp>

namespace forebay {

/// An interval to draw from.
struct Interval {
  double low = 1;
  double high = 1;

  friend bool operator==(const Interval&, const Interval&) = default;
};

/// What a random resized crop covers: a fraction of the image's area, and height over width.
struct RandomArea {
  Interval area;
  Interval aspect_ratio;
};

/// The middle `size` pixels of an image, which must have as many. Of an odd remainder the larger
/// part is below and right.
Crop center_crop(ImageSize image, ImageSize size);

/// `size` pixels anywhere in an image, which must have as many.
Crop random_crop(ImageSize image, ImageSize size, Random& random);

/// A crop of random area and aspect ratio anywhere in the image: both are drawn uniformly, and
/// height and width change places half of the time (MXNet; torchvision draws the logarithm of the
/// ratio instead). Nothing when ten draws do not fit in the image.
std::optional<Crop> random_resized_crop(ImageSize image, const RandomArea& draw, Random& random);

/// The size of the image enlarged to `height`, keeping its shape; its own where it is as high.
ImageSize at_least_high(ImageSize image, int height);

/// The same for its width.
ImageSize at_least_wide(ImageSize image, int width);

}  // namespace forebay
