#pragma once

// The trust ratio of LARS (You, Gitman and Ginsburg, 2017).

#include <cstddef>
#include <span>

namespace forebay {

/// How the squares of a parameter are added up, on CPUs and GPUs alike: in stretches of kStretch
/// elements, of which each of kLanes neighbours in turn goes to a lane of its own. Lanes are sums
/// in float; a stretch's lanes, and then the parameter's stretches, are added in double, in order.
/// So neither vectors nor threads decide what is added to what.
struct LarsSums {
  static constexpr std::size_t kStretch = 4096;
  static constexpr std::size_t kLanes = 32;
};

/// eta * |w| / (|g| + decay * |w|), the factor of one parameter's step; 1 where either norm is 0.
/// `weight` and `gradient` are all of it. The same bits on every CPU.
float trust_ratio(std::span<const float> weight, std::span<const float> gradient, float eta,
                  float decay);

}  // namespace forebay
