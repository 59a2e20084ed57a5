#include <forebay/nodes/train/lars.hpp>

#include <algorithm>
#include <cassert>
#include <cmath>

#include <forebay/nodes/widest.hpp>

namespace forebay {
namespace {

constexpr std::size_t kLanes = LarsSums::kLanes;

// The sum of squares of one stretch.
void add_squares(const float* values, std::size_t count, double* sum) {
  float lanes[kLanes] = {};
  std::size_t begin = 0;
  for (; begin + kLanes <= count; begin += kLanes) {
    for (std::size_t i = 0; i < kLanes; ++i) lanes[i] += values[begin + i] * values[begin + i];
  }
  for (std::size_t i = 0; begin + i < count; ++i) lanes[i] += values[begin + i] * values[begin + i];
  for (const float lane : lanes) *sum += static_cast<double>(lane);
}

double sum_of_squares(std::span<const float> values) {
  double sum = 0;
  for (std::size_t begin = 0; begin < values.size(); begin += LarsSums::kStretch) {
    double stretch = 0;
    widest<add_squares>(&values[begin], std::min(LarsSums::kStretch, values.size() - begin),
                        &stretch);
    sum += stretch;
  }
  return sum;
}

}  // namespace

float trust_ratio(std::span<const float> weight, std::span<const float> gradient, float eta,
                  float decay) {
  assert(weight.size() == gradient.size());
  const double weights = sum_of_squares(weight), gradients = sum_of_squares(gradient);
  if (!(weights > 0 && gradients > 0)) return 1;
  const double norm = std::sqrt(weights);
  return static_cast<float>(double{eta} * norm / (std::sqrt(gradients) + double{decay} * norm));
}

}  // namespace forebay
