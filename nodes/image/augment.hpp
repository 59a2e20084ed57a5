#pragma once

// From a decoded image to one row of a batch, with MXNet's augmentations.

#include <array>
#include <cstdint>
#include <optional>

#include <forebay/nodes/image/crop.hpp>
#include <forebay/nodes/image/image.hpp>
#include <forebay/nodes/image/jitter.hpp>
#include <forebay/nodes/image/normalise.hpp>
#include <forebay/nodes/image/planes.hpp>
#include <forebay/nodes/image/sample.hpp>
#include <forebay/nodes/image/sample_planes.hpp>
#include <forebay/nodes/network/shape.hpp>
#include <forebay/nodes/random.hpp>

namespace forebay {

/// Named, and with the defaults of, train_imagenet.py's flags.
struct AugmentOptions {
  ImageShape image_shape{};  // of the sample; 3 or 1 channels
  int resize = -1;           // shorter side before anything else; -1 leaves the image as it is
  int pad_size = 0;          // pixels added on every side
  int fill_value = 127;      // of those pixels
  bool random_crop = false;
  bool random_resized_crop = false;
  double min_random_area = 1;  // fraction of the image that a random resized crop covers
  double max_random_area = 1;
  std::optional<double> min_random_aspect_ratio{};  // unset: 1 - max to 1 + max
  double max_random_aspect_ratio = 0;
  bool random_mirror = false;  // half of the samples
  double brightness = 0;       // largest change of each, 0 to 1
  double contrast = 0;
  double saturation = 0;
  std::array<float, 3> rgb_mean{123.68f, 116.779f, 103.939f};  // on the scale 0 to 255
  std::array<float, 3> rgb_std{1, 1, 1};
};

/// Random resized crops of 8 to 100 % of the image with ratios 3/4 to 4/3, and mirrored halves;
/// ImageNet's mean and standard deviation.
AugmentOptions imagenet_train(ImageShape shape = {});

/// The centre of the image with its shorter side at 256 pixels (for 224; in proportion otherwise).
AugmentOptions imagenet_validation(ImageShape shape = {});

/// For which draws samples are made of planes.
enum class PlanesFor : std::uint8_t { kNone, kSome, kAll };

/// Turns images into samples: resize, pad, crop, change colours, mirror, normalise, in this order,
/// each by the function of that name.
///
/// The crop is one of: random resized (its part brought to the sample's size); where that is off or
/// no draw fits, an image that is too small is enlarged until the sample fits, and then cut at a
/// random place (`random_crop`) or in the centre. Resizing is bilinear.
///
/// Differences from MXNet 1.9.1: gray is weighted for RGB (MXNet's weights are for the other
/// order); a crop never reads pixels that were overwritten (apache/mxnet#16925); randomness comes
/// with each sample and not from the thread; area and aspect ratio ranges without
/// random_resized_crop are an error (MXNet ignores the one and makes an affine map of the other).
///
/// Immutable, so one object serves all threads. Does not block; up to 64 MiB of scratch memory are
/// kept per thread.
class Augment {
 public:
  /// Throws `Error` for options that are out of range or contradict each other.
  explicit Augment(const AugmentOptions& options);

  /// Throws `Error` for an image that would grow to over `kMaxResizedPixels` on its way.
  void check(ImageSize image) const;

  /// The part of an image of this size that the sample with this `random` is made of: no other
  /// pixel matters. All of it where the image is resized or padded before the crop.
  Crop needed_part(ImageSize image, Random random) const;

  /// Writes image_shape's height x width x channels values (RGB) to `out`, which has room for them.
  /// The same image and `random` give the same sample, from any part of the image that covers
  /// `needed_part`. Throws `Error` as `check` does, and when the image's channels are not the
  /// sample's.
  void operator()(const ImagePart& image, Random random, SampleOut out) const;
  void operator()(const Image& image, Random random, SampleOut out) const;

  /// The part that the sample is made of, and its size, for `decode_planes`. Nothing where it takes
  /// more than one resize of a part, or is gray: then `decode_part` it is.
  std::optional<WantedPart> wanted_planes(ImageSize image, Random random) const;

  /// For which `random` that wants something of an image of this size: for some alone where the
  /// image may have to be enlarged as a whole.
  PlanesFor planes_for(ImageSize image) const;

  /// The same sample from planes, with small differences: chroma is interpolated once, and the mean
  /// is taken of pixels that the decoder reduced. For images of which `wanted_planes` says what it
  /// wants.
  void operator()(const YccPart& image, Random random, SampleOut out) const;

  const AugmentOptions& options() const { return options_; }

 private:
  ImageSize sample_size() const;
  std::optional<Crop> cut(ImageSize image, Random& random) const;
  ImageView crop(const ImagePart& image, Random& random) const;
  bool one_resize_of_planes() const;
  ImageSize resized(ImageSize image) const;
  std::optional<Region> region(ImageSize image, Random& random) const;
  Mirror draw_mirror(Random& random) const;
  void finish(Image& sample, Random& random, SampleOut out) const;

  AugmentOptions options_;
  RandomArea random_area_;
  ColorJitterRange jitter_;
  Normalise normalise_;
};

}  // namespace forebay
