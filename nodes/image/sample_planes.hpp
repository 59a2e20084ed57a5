#pragma once

// From planes to the values that a network takes, in one pass.

#include <array>

#include <forebay/nodes/image/normalise.hpp>
#include <forebay/nodes/image/planes.hpp>
#include <forebay/nodes/image/sample.hpp>

namespace forebay {

/// A rectangle of an image, in its pixels but not only at whole ones.
struct Region {
  double y = 0;
  double x = 0;
  double height = 0;
  double width = 0;
};

/// Resizes a region to `size` pixels between four neighbours, in the planes' own resolutions, turns
/// the result to RGB, mirrors it left to right if asked, subtracts `mean` and divides by `std_dev`.
/// Writes height x width x 3 values to `out`; kUint8 is R, G and B without mean and deviation.
/// Nothing outside of the region plays a part, so `part`
/// has to cover it. Thread-safe.
void sample_planes(const YccPart& part, const Region& region, ImageSize size, Mirror mirror,
                   const std::array<float, 3>& mean, const std::array<float, 3>& std_dev,
                   SampleOut out);

}  // namespace forebay
