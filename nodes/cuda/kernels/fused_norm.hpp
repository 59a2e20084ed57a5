#pragma once

// Element functions between batch norms and convolutions that do part of their work: each of one
// channel.

#include <forebay/nodes/cuda/kernels/norm.hpp>

namespace forebay::cuda {

/// The moments of all rows from the sums of x and of x * x, which lose digits where the mean is far
/// larger than the deviation.
struct MomentsOfSums {
  const float *sum, *squares;
  Index rows;
  Moments* out;

  __host__ __device__ void operator()(Index channel) const {
    const double all = static_cast<double>(sum[channel]), mean = all / rows;
    const double apart = static_cast<double>(squares[channel]) - mean * all;
    out[channel] = {static_cast<float>(mean), static_cast<float>(apart < 0 ? 0 : apart)};
  }
};

/// Copies of what a convolution normalises by, where it can read them.
template <class Value>
struct LendNorm {
  NormChannels from;
  Value *scale, *shift;
  float *gamma, *beta;

  __host__ __device__ void operator()(Index channel) const {
    scale[channel] = from_float<Value>(from.scale[channel]);
    shift[channel] = from_float<Value>(from.shift[channel]);
    gamma[channel] = from.gamma[channel];
    beta[channel] = from.beta[channel];
  }
};

/// A convolution's sums of dz, and of dz times the normalised x, as `FinishGradients` reads them.
struct GradientsOfSums {
  const float *gamma_gradient, *beta_gradient, *inverse_deviation;
  GradientSums* out;

  __host__ __device__ void operator()(Index channel) const {
    out[channel] = {beta_gradient[channel], gamma_gradient[channel] / inverse_deviation[channel]};
  }
};

}  // namespace forebay::cuda
