#pragma once

// Element functions of the bias of linear layers.

#include <forebay/nodes/cuda/kernels/value.hpp>

namespace forebay::cuda {

/// One value of y += bias, by channel.
template <class Value>
struct AddBias {
  Value* y;
  const float* bias;
  Index channels;

  __host__ __device__ void operator()(Index element) const {
    y[element] = from_float<Value>(to_float(y[element]) + bias[element % channels]);
  }
};

/// One channel: the sum of dy over the pixels of all images, times `factor`. `*overflowed` becomes
/// 1 where it is not finite.
template <class Value>
struct SumBiasGradient {
  const Value* dy;
  Index pixels, channels;
  const float* factor;
  float* out;
  int* overflowed;

  __host__ __device__ void operator()(Index channel) const {
    double sum = 0;
    for (Index pixel = 0; pixel < pixels; ++pixel) {
      sum += static_cast<double>(to_float(dy[std::size_t{pixel} * channels + channel]));
    }
    if (sum - sum != 0) *overflowed = 1;  // all who write write the same
    out[channel] = static_cast<float>(sum) * *factor;
  }
};

}  // namespace forebay::cuda
