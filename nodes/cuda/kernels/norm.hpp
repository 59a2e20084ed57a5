#pragma once

// Element functions of batch norm: what it normalises by, the normalisation with residual add and
// ReLU, and their gradients. `floor` is 0 for a ReLU and -infinity for none.

#include <cmath>

#include <forebay/nodes/cuda/kernels/norm_sums.hpp>

namespace forebay::cuda {

/// A batch norm's arrays, a value per channel. Its output is x * scale + shift.
struct NormChannels {
  const float *gamma, *beta;
  float *running_mean, *running_variance;
  float *mean, *inverse_deviation, *scale, *shift;

  __host__ __device__ void set(Index channel, double of_mean, double of_variance) const {
    const double inverse = 1 / sqrt(of_variance + 1e-5);
    const double factor = static_cast<double>(gamma[channel]) * inverse;
    mean[channel] = static_cast<float>(of_mean);
    inverse_deviation[channel] = static_cast<float>(inverse);
    scale[channel] = static_cast<float>(factor);
    shift[channel] = static_cast<float>(static_cast<double>(beta[channel]) - of_mean * factor);
  }
};

/// One channel: what training normalises by, from the moments of groups of rows. The running
/// statistics move by 0.1 towards the batch's, whose variance counts n / (n - 1) there, as in
/// PyTorch.
struct UseBatchStatistics {
  const Moments* moments;  // groups x channels
  Parts groups;
  Index channels;
  NormChannels to;

  __host__ __device__ void operator()(Index channel) const {
    const MergedMoments all = merge_moments(moments, groups, 0, groups.count(), channels, channel);
    const Index rows = groups.rows;
    const double others = rows > 1 ? rows - 1.0 : 1.0;
    to.set(channel, all.mean, all.squares / rows);
    to.running_mean[channel] = mix(to.running_mean[channel], all.mean);
    to.running_variance[channel] = mix(to.running_variance[channel], all.squares / others);
  }

 private:
  static __host__ __device__ float mix(float running, double batch) {
    return static_cast<float>(0.9 * static_cast<double>(running) + 0.1 * batch);
  }
};

/// One channel: what inference normalises by.
struct UseRunningStatistics {
  NormChannels to;

  __host__ __device__ void operator()(Index channel) const {
    to.set(channel, static_cast<double>(to.running_mean[channel]),
           static_cast<double>(to.running_variance[channel]));
  }
};

/// One pack of channels of kRowsAtOnce rows of y = max(x * scale + shift [+ other], floor); `other`
/// may be null.
template <class Value>
struct Normalise {
  const Value* x;
  Index rows, channels;
  const float *scale, *shift;
  const Value* other;
  float floor;
  Value* y;

  __host__ __device__ Index count() const { return PartPack::count({rows, kRowsAtOnce}, channels); }
  __host__ __device__ void operator()(Index element) const {
    const PartPack at(element, {rows, kRowsAtOnce}, channels);
    const RowPacks<Value> values(x, at.begin, channels, at.rows);
    const RowPacks<Value> added(other, at.begin, channels, at.rows);
    const PackFloats factor = floats_at(scale, at.channel), add = floats_at(shift, at.channel);
    for (Index r = 0; r < kRowsAtOnce; ++r) {
      if (r >= at.rows) continue;
      Pack<Value> out;
      for (Index i = 0; i < kPack; ++i) {
        const float value = values.at(r, i) * factor[i] + add[i] + added.at(r, i);
        out.values[i] = from_float<Value>(value < floor ? floor : value);
      }
      pack_at(y, at.begin + std::size_t{r} * channels) = out;
    }
  }
};

/// One channel, from the sums of groups of rows: the parameters' gradients times `unscale`, and
/// with what those of the input are computed. `*overflowed` becomes 1 where they are not finite.
struct FinishGradients {
  const GradientSums* sums;  // groups x channels
  Index groups, channels, rows;
  const float *inverse_deviation, *scale, *unscale;
  float *gamma_gradient, *beta_gradient, *slope, *offset;
  int* overflowed;

  __host__ __device__ void operator()(Index channel) const {
    const MergedGradients all = merge_gradients(sums, 0, groups, channels, channel);
    const double inverse = static_cast<double>(inverse_deviation[channel]);
    const double factor = static_cast<double>(scale[channel]);
    const double of_beta = all.gradient, of_gamma = all.product * inverse;
    const double both = of_beta + of_gamma;
    if (both - both != 0) *overflowed = 1;  // all who write write the same
    beta_gradient[channel] = *unscale * static_cast<float>(of_beta);
    gamma_gradient[channel] = *unscale * static_cast<float>(of_gamma);
    slope[channel] = static_cast<float>(-factor * inverse * of_gamma / rows);
    offset[channel] = static_cast<float>(-factor * of_beta / rows);
  }
};

/// One pack of channels of kRowsAtOnce rows of dx = dz * scale + (x - mean) * slope + offset, where
/// dz is the gradient g where x * scale + shift is above `floor`, else 0.
template <class Value>
struct NormaliseBackward {
  const Value *x, *g;
  Index rows, channels;
  const float *scale, *shift, *mean, *slope, *offset;
  float floor;
  Value* dx;

  __host__ __device__ Index count() const { return PartPack::count({rows, kRowsAtOnce}, channels); }
  __host__ __device__ void operator()(Index element) const {
    const PartPack at(element, {rows, kRowsAtOnce}, channels);
    const RowPacks<Value> values(x, at.begin, channels, at.rows);
    const RowPacks<Value> gradients(g, at.begin, channels, at.rows);
    const PackFloats factor = floats_at(scale, at.channel), add = floats_at(shift, at.channel),
                     centre = floats_at(mean, at.channel), by = floats_at(slope, at.channel),
                     rest = floats_at(offset, at.channel);
    for (Index r = 0; r < kRowsAtOnce; ++r) {
      if (r >= at.rows) continue;
      Pack<Value> out;
      for (Index i = 0; i < kPack; ++i) {
        const float value = values.at(r, i);
        const float dz = value * factor[i] + add[i] > floor ? gradients.at(r, i) : 0.0F;
        out.values[i] = from_float<Value>(dz * factor[i] + (value - centre[i]) * by[i] + rest[i]);
      }
      pack_at(dx, at.begin + std::size_t{r} * channels) = out;
    }
  }
};

}  // namespace forebay::cuda
