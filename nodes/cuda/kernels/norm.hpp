#pragma once

// Element functions of batch norm: statistics, normalisation with residual add and ReLU, backward.
//
// Activations are a matrix of rows (pixels of all images) x channels. Sums over rows are made in a
// fixed order, so that results repeat bit for bit: parts of the rows by themselves, then groups of
// parts, then the groups. `floor` is 0 for a ReLU and -infinity for none.

#include <cmath>

#include <forebay/nodes/cuda/kernels/value.hpp>

namespace forebay::cuda {

/// Rows divided into parts of equal size; the last may have fewer.
struct Parts {
  Index rows, part_rows;

  __host__ __device__ Index count() const { return (rows + part_rows - 1) / part_rows; }
  __host__ __device__ Index first(Index part) const { return part * part_rows; }
  __host__ __device__ Index size(Index part) const {
    const Index left = rows - first(part);
    return left < part_rows ? left : part_rows;
  }
  /// Where `members` parts make one.
  __host__ __device__ Parts grouped(Index members) const { return {rows, part_rows * members}; }
};

/// Of one channel over a part's rows: the mean, and the sum of squared distances from it.
struct Moments {
  float mean, squares;
};

/// One pack of channels of one part. Summed around the part's first row, so that far from zero no
/// digits are lost; parts of up to some hundred rows keep the float sums good.
template <class Value>
struct SumMoments {
  const Value* x;
  Parts parts;
  Index channels;
  Moments* out;  // parts x channels

  __host__ __device__ Index count() const { return parts.count() * (channels / kPack); }
  __host__ __device__ void operator()(Index element) const {
    const Index packs = channels / kPack, part = element / packs, rows = parts.size(part);
    const std::size_t channel = std::size_t{element % packs} * kPack;
    const Value* at = x + std::size_t{parts.first(part)} * channels + channel;
    const Pack<Value> centre = pack_at(at, 0);
    float sum[kPack] = {}, square[kPack] = {};
    for (Index row = 0; row < rows; ++row, at += channels) {
      const Pack<Value> values = pack_at(at, 0);
      for (Index i = 0; i < kPack; ++i) {
        const float d = to_float(values.values[i]) - to_float(centre.values[i]);
        sum[i] += d;
        square[i] += d * d;
      }
    }
    for (Index i = 0; i < kPack; ++i) {
      const float mean = sum[i] / static_cast<float>(rows), squares = square[i] - mean * sum[i];
      out[std::size_t{part} * channels + channel + i] = {to_float(centre.values[i]) + mean,
                                                         squares < 0 ? 0 : squares};
    }
  }
};

/// One channel of one group of parts, by the rule of Chan, Golub and LeVeque (1983).
struct MergeMoments {
  const Moments* in;  // parts x channels
  Parts parts;
  Index members;  // of a group
  Index channels;
  Moments* out;  // groups x channels

  __host__ __device__ Index count() const { return parts.grouped(members).count() * channels; }
  __host__ __device__ void operator()(Index element) const {
    const Index group = element / channels, channel = element % channels;
    const Index first = group * members, parts_here = parts.count();
    double rows = 0, mean = 0, squares = 0;
    for (Index part = first; part < first + members && part < parts_here; ++part) {
      const Moments more = in[std::size_t{part} * channels + channel];
      const double more_rows = parts.size(part), apart = static_cast<double>(more.mean) - mean;
      const double share = more_rows / (rows + more_rows);
      mean += apart * share;
      squares += static_cast<double>(more.squares) + apart * apart * share * rows;
      rows += more_rows;
    }
    out[element] = {static_cast<float>(mean), static_cast<float>(squares)};
  }
};

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

/// One channel: what training normalises by, from the moments of all rows. The running statistics
/// move by 0.1 towards the batch's, whose variance counts n / (n - 1) there, as in PyTorch.
struct UseBatchStatistics {
  const Moments* moments;
  Index rows;
  NormChannels to;

  __host__ __device__ void operator()(Index channel) const {
    const double mean = static_cast<double>(moments[channel].mean);
    const double squares = static_cast<double>(moments[channel].squares);
    const double others = rows > 1 ? rows - 1.0 : 1.0;
    to.set(channel, mean, squares / rows);
    to.running_mean[channel] = mix(to.running_mean[channel], mean);
    to.running_variance[channel] = mix(to.running_variance[channel], squares / others);
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

/// One pack of y = max(x * scale + shift [+ other], floor); `other` may be null.
template <class Value>
struct Normalise {
  const Value* x;
  Index channels;
  const float *scale, *shift;
  const Value* other;
  float floor;
  Value* y;

  __host__ __device__ void operator()(Index pack) const {
    const std::size_t at = std::size_t{pack} * kPack;
    const Index channel = pack % (channels / kPack) * kPack;
    const Pack<Value> values = pack_at(x, at);
    Pack<Value> added{}, out;
    if (other != nullptr) added = pack_at(other, at);
    for (Index i = 0; i < kPack; ++i) {
      float value = to_float(values.values[i]) * scale[channel + i] + shift[channel + i];
      if (other != nullptr) value += to_float(added.values[i]);
      out.values[i] = from_float<Value>(value < floor ? floor : value);
    }
    pack_at(y, at) = out;
  }
};

/// Of one channel over a part's rows: the sums of dz and of dz * (x - mean).
struct GradientSums {
  float gradient, product;
};

/// One pack of channels of one part, where dz is the gradient g where x * scale + shift is above
/// `floor`, else 0.
template <class Value>
struct SumGradients {
  const Value *x, *g;
  Parts parts;
  Index channels;
  const float *scale, *shift, *mean;
  float floor;
  GradientSums* out;  // parts x channels

  __host__ __device__ Index count() const { return parts.count() * (channels / kPack); }
  __host__ __device__ void operator()(Index element) const {
    const Index packs = channels / kPack, part = element / packs, rows = parts.size(part);
    const std::size_t channel = std::size_t{element % packs} * kPack;
    std::size_t at = std::size_t{parts.first(part)} * channels + channel;
    float sum[kPack] = {}, product[kPack] = {};
    for (Index row = 0; row < rows; ++row, at += channels) {
      const Pack<Value> values = pack_at(x, at), gradients = pack_at(g, at);
      for (Index i = 0; i < kPack; ++i) {
        const float value = to_float(values.values[i]);
        const bool passes = value * scale[channel + i] + shift[channel + i] > floor;
        const float dz = passes ? to_float(gradients.values[i]) : 0.0F;
        sum[i] += dz;
        product[i] += dz * (value - mean[channel + i]);
      }
    }
    for (Index i = 0; i < kPack; ++i) {
      out[std::size_t{part} * channels + channel + i] = {sum[i], product[i]};
    }
  }
};

/// One channel of one group of parts.
struct MergeGradients {
  const GradientSums* in;  // parts x channels
  Index parts, members, channels;
  GradientSums* out;  // groups x channels

  __host__ __device__ Index count() const { return (parts + members - 1) / members * channels; }
  __host__ __device__ void operator()(Index element) const {
    const Index first = element / channels * members, channel = element % channels;
    double gradient = 0, product = 0;
    for (Index part = first; part < first + members && part < parts; ++part) {
      const GradientSums more = in[std::size_t{part} * channels + channel];
      gradient += static_cast<double>(more.gradient);
      product += static_cast<double>(more.product);
    }
    out[element] = {static_cast<float>(gradient), static_cast<float>(product)};
  }
};

/// One channel: the parameters' gradients times `unscale`, and with what those of the input are
/// computed. `*overflowed` becomes 1 where they are not finite.
struct FinishGradients {
  const GradientSums* sums;
  Index rows;
  const float *inverse_deviation, *scale, *unscale;
  float *gamma_gradient, *beta_gradient, *slope, *offset;
  int* overflowed;

  __host__ __device__ void operator()(Index channel) const {
    const double inverse = static_cast<double>(inverse_deviation[channel]);
    const double factor = static_cast<double>(scale[channel]);
    const double of_beta = static_cast<double>(sums[channel].gradient);
    const double of_gamma = static_cast<double>(sums[channel].product) * inverse;
    const double both = of_beta + of_gamma;
    if (both - both != 0) *overflowed = 1;  // all who write write the same
    beta_gradient[channel] = *unscale * static_cast<float>(of_beta);
    gamma_gradient[channel] = *unscale * static_cast<float>(of_gamma);
    slope[channel] = static_cast<float>(-factor * inverse * of_gamma / rows);
    offset[channel] = static_cast<float>(-factor * of_beta / rows);
  }
};

/// One pack of dx = dz * scale + (x - mean) * slope + offset, with dz as above.
template <class Value>
struct NormaliseBackward {
  const Value *x, *g;
  Index channels;
  const float *scale, *shift, *mean, *slope, *offset;
  float floor;
  Value* dx;

  __host__ __device__ void operator()(Index pack) const {
    const std::size_t at = std::size_t{pack} * kPack;
    const Index channel = pack % (channels / kPack) * kPack;
    const Pack<Value> values = pack_at(x, at), gradients = pack_at(g, at);
    Pack<Value> out;
    for (Index i = 0; i < kPack; ++i) {
      const Index c = channel + i;
      const float value = to_float(values.values[i]);
      const float dz = value * scale[c] + shift[c] > floor ? to_float(gradients.values[i]) : 0.0F;
      out.values[i] = from_float<Value>(dz * scale[c] + (value - mean[c]) * slope[c] + offset[c]);
    }
    pack_at(dx, at) = out;
  }
};

}  // namespace forebay::cuda
