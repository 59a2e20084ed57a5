#pragma once

// Element functions between torchvision's layout of weights and cuDNN's.

#include <forebay/nodes/cuda/kernels/value.hpp>

namespace forebay::cuda {

/// A weight's shape: OIHW in the flat arrays of parameters and gradients; on the way to cuDNN OHWI,
/// with input channels up to `padded`.
struct WeightShape {
  Index out_channels, in_channels, padded, window;  // height * width

  __host__ __device__ Index plain() const { return out_channels * in_channels * window; }
  __host__ __device__ Index packed() const { return out_channels * padded * window; }
};

/// One packed weight; those of padding are 0.
template <class Value>
struct PackWeights {
  WeightShape shape;
  const float* plain;
  Value* packed;

  __host__ __device__ void operator()(Index element) const {
    const Index in = element % shape.padded, at = element / shape.padded % shape.window;
    const Index out = element / shape.padded / shape.window;
    const std::size_t from = (std::size_t{out} * shape.in_channels + in) * shape.window + at;
    packed[element] = from_float<Value>(in < shape.in_channels ? plain[from] : 0.0F);
  }
};

/// One plain gradient: factor * the packed one. `*overflowed` becomes 1 where it is not finite.
template <class Value>
struct UnpackGradient {
  WeightShape shape;
  const Value* packed;
  float* plain;
  const float* factor;
  int* overflowed;

  __host__ __device__ void operator()(Index element) const {
    const Index at = element % shape.window, in = element / shape.window % shape.in_channels;
    const Index out = element / shape.window / shape.in_channels;
    const std::size_t from = (std::size_t{out} * shape.window + at) * shape.padded + in;
    const float value = to_float(packed[from]);
    if (value - value != 0) *overflowed = 1;  // all who write write the same
    plain[element] = *factor * value;
  }
};

}  // namespace forebay::cuda
