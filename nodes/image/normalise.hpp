#pragma once

// From 8-bit pixels to the values that a network takes.

#include <array>
#include <cstddef>
#include <vector>

#include <forebay/nodes/image/image.hpp>
#include <forebay/nodes/image/sample.hpp>

namespace forebay {

enum class Mirror { kNo, kYes };

/// Subtracts a mean and divides by a standard deviation, channel by channel (R, G, B; a gray image
/// uses the first): (pixel - mean) * (1 / deviation), rounded after each, so that all processors
/// and GPUs give the same bits. Immutable, so any number of threads may share one.
class Normalise {
 public:
  /// For images of this width and number of channels.
  Normalise(int width, int channels, std::array<float, 3> mean, std::array<float, 3> std_dev);

  /// Writes height x width x channels values to `out`, mirrored left to right if asked. Of kUint8:
  /// the pixels as they are.
  void operator()(const ImageView& image, Mirror mirror, SampleOut out) const;

 private:
  std::vector<float> mean_;  // for one row, so that a row is one plain loop
  std::vector<float> scale_;
};

}  // namespace forebay
