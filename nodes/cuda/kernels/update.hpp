#pragma once

// Element functions of the optimizer, over many parameters of a network in one launch.

#include <cmath>

#include <forebay/nodes/cuda/kernels/value.hpp>

namespace forebay::cuda {

/// A parameter's place in the flat arrays of weights, gradients and momentum.
struct ParameterRange {
  std::size_t begin, end;
  float decay;    // weight decay
  bool adaptive;  // LARS scales its step
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

/// Sums of squares.
struct SquareSums {
  float weight, gradient;
};

/// A stretch of one parameter, so that the sums of its stretches are those of the parameter.
struct Stretch {
  std::size_t begin, end;
};

/// One stretch.
struct SumSquares {
  const Stretch* stretches;
  const float *weight, *gradient;
  SquareSums* out;

  __host__ __device__ void operator()(Index stretch) const {
    SquareSums sums{};
    for (std::size_t i = stretches[stretch].begin; i < stretches[stretch].end; ++i) {
      sums.weight += weight[i] * weight[i];
      sums.gradient += gradient[i] * gradient[i];
    }
    out[stretch] = sums;
  }
};

/// One parameter's trust ratio of LARS (You, Gitman and Ginsburg, 2017), eta * |w| / (|g| + decay *
/// |w|); 1 where it does not adapt, or where either norm is 0.
struct TrustRatio {
  ParameterTable parameters;
  const Index* first_stretch;  // of each parameter, and of one past the last
  const SquareSums* sums;
  float eta;
  float* out;

  __host__ __device__ void operator()(Index parameter) const {
    double weight = 0, gradient = 0;
    for (Index i = first_stretch[parameter]; i < first_stretch[parameter + 1]; ++i) {
      weight += static_cast<double>(sums[i].weight);
      gradient += static_cast<double>(sums[i].gradient);
    }
    const ParameterRange& range = parameters.ranges[parameter];
    const bool scaled = range.adaptive && weight > 0 && gradient > 0;
    const double norm = sqrt(weight);
    out[parameter] =
        scaled ? static_cast<float>(static_cast<double>(eta) * norm /
                                    (sqrt(gradient) + static_cast<double>(range.decay) * norm))
               : 1.0F;
  }
};

}  // namespace forebay::cuda
