#pragma once

// How far one array is from another.

#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace forebay::cuda {

inline double norm_of(std::span<const float> values) {
  double sum = 0;
  for (const float value : values) sum += double{value} * double{value};
  return std::sqrt(sum);
}

/// Relative to `b`.
inline double distance(std::vector<float> a, const std::vector<float>& b) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] -= b[i];
  return norm_of(a) / norm_of(b);
}

}  // namespace forebay::cuda
