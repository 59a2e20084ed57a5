#pragma once

// Element functions of the optimizer, over many parameters of a network in one launch.

#include <cmath>

#include <forebay/nodes/cuda/kernels/value.hpp>
#include <forebay/nodes/train/lars.hpp>

namespace forebay::cuda {

/// A parameter's place in the flat arrays of weights, gradients and momentum.
struct ParameterRange {
  std::size_t begin, end;
  float decay;  // weight decay
};

/// Which parameter an element belongs to: ranges in order, without gaps.
struct ParameterTable {
  const ParameterRange* ranges;
  Index count;

  __host__ __device__ Index of(std::size_t element) const {
    Index low = 0, high = count - 1;
    while (low < high) {
      const Index middle = (low + high) / 2;
      if (element < ranges[middle].end) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }
};

enum class Momentum : std::uint8_t { kPlain, kNesterov };

/// One element from `first` on: v = momentum * v + (g + decay * w), w -= lr * v; with Nesterov's
/// momentum w -= lr * (g + decay * w + momentum * v) instead. `trust`, when not null, is a factor
/// of each parameter's (g + decay * w). `skip`, when not null, leaves all as it is where it is not
/// 0.
struct UpdateWeight {
  std::size_t first;
  ParameterTable parameters;
  const float* gradient;
  float *weight, *velocity;
  const float* lr;  // on the device: a captured step reads the current one
  float momentum;
  Momentum kind;
  const float* trust;
  const int* skip;

  __host__ __device__ void operator()(Index index) const {
    if (skip != nullptr && *skip != 0) return;
    const std::size_t element = first + index;
    const Index parameter = parameters.of(element);
    const float w = weight[element];
    float step = gradient[element] + parameters.ranges[parameter].decay * w;
    if (trust != nullptr) step *= trust[parameter];
    const float v = momentum * velocity[element] + step;
    const float updated = w - *lr * (kind == Momentum::kNesterov ? step + momentum * v : v);
    velocity[element] = v;
    weight[element] = updated;
  }
};

/// A stretch of one parameter (`LarsSums`).
struct Stretch {
  std::size_t begin, end;
};

/// Sums of squares, of a lane in float and of more in double.
template <class Sum>
struct SquareSums {
  Sum weight = 0, gradient = 0;
};

/// One lane of a stretch; the first is that of stretch `first`.
struct SumLanes {
  Index first;
  const Stretch* stretches;
  const float *weight, *gradient;
  SquareSums<float>* lanes;

  __host__ __device__ void operator()(Index index) const {
    const Index lane = first * static_cast<Index>(LarsSums::kLanes) + index;
    const Stretch stretch = stretches[lane / LarsSums::kLanes];
    SquareSums<float> sums;
    for (std::size_t i = stretch.begin + lane % LarsSums::kLanes; i < stretch.end;
         i += LarsSums::kLanes) {
      sums.weight += weight[i] * weight[i];
      sums.gradient += gradient[i] * gradient[i];
    }
    lanes[lane] = sums;
  }
};

/// One stretch from `first` on.
struct AddLanes {
  Index first;
  const SquareSums<float>* lanes;
  SquareSums<double>* sums;

  __host__ __device__ void operator()(Index index) const {
    const Index stretch = first + index;
    SquareSums<double> sum;
    for (std::size_t i = 0; i < LarsSums::kLanes; ++i) {
      const SquareSums<float>& lane = lanes[stretch * LarsSums::kLanes + i];
      sum.weight += static_cast<double>(lane.weight);
      sum.gradient += static_cast<double>(lane.gradient);
    }
    sums[stretch] = sum;
  }
};

/// The trust ratio of one parameter from `first` on, as `trust_ratio` has it; 1 where it has no
/// stretches.
struct TrustRatio {
  Index first;
  const ParameterRange* ranges;
  const Index* first_stretch;  // of each parameter, and of one past the last
  const SquareSums<double>* sums;
  float eta;
  float* out;

  __host__ __device__ void operator()(Index index) const {
    const Index parameter = first + index;
    double weight = 0, gradient = 0;
    for (Index i = first_stretch[parameter]; i < first_stretch[parameter + 1]; ++i) {
      weight += sums[i].weight;
      gradient += sums[i].gradient;
    }
    const double norm = sqrt(weight), decay = static_cast<double>(ranges[parameter].decay);
    const double ratio = static_cast<double>(eta) * norm / (sqrt(gradient) + decay * norm);
    out[parameter] = weight > 0 && gradient > 0 ? static_cast<float>(ratio) : 1.0F;
  }
};

}  // namespace forebay::cuda
