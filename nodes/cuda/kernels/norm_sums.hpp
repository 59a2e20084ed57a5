#pragma once

// Sums over rows for batch norm's statistics and gradients.
//
// Activations are a matrix of rows (pixels of all images) x channels. Sums over rows are made in a
// fixed order, so that results repeat bit for bit: parts of the rows by themselves, then groups of
// parts, then, by whoever uses them, the groups.

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

/// Where an element's pack of channels of its part of the rows begins.
struct PartPack {
  __host__ __device__ PartPack(Index element, Parts parts, Index channels)
      : part(element / (channels / kPack)),
        rows(parts.size(part)),
        channel(std::size_t{element % (channels / kPack)} * kPack),
        begin(std::size_t{parts.first(part)} * channels + channel) {}

  /// Elements of all parts.
  static __host__ __device__ Index count(Parts parts, Index channels) {
    return parts.count() * (channels / kPack);
  }

  Index part, rows;
  std::size_t channel, begin;
};

/// Stores the values of a pack of channels side by side, from one that begins on 16 bytes.
template <class Two>
__host__ __device__ void store_pack(Two* to, const Two (&values)[kPack]) {
  struct alignas(16) Pair {
    Two values[2];
  };
  for (Index i = 0; i < kPack / 2; ++i) {
    reinterpret_cast<Pair*>(to)[i] = {{values[2 * i], values[2 * i + 1]}};
  }
}

/// Of one channel over a part's rows: the mean, and the sum of squared distances from it.
struct alignas(8) Moments {
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

  __host__ __device__ Index count() const { return PartPack::count(parts, channels); }
  __host__ __device__ void operator()(Index element) const {
    const PartPack at(element, parts, channels);
    const Pack<Value> centre = pack_at(x, at.begin);
    float sum[kPack] = {}, square[kPack] = {};
    for (Index row = 0; row < at.rows; row += kRowsAtOnce) {
      const Index left = at.rows - row;
      const RowPacks<Value> values(x, at.begin + std::size_t{row} * channels, channels, left);
      for (Index r = 0; r < kRowsAtOnce; ++r) {
        for (Index i = 0; i < kPack; ++i) {
          const float d = r < left ? values.at(r, i) - to_float(centre.values[i]) : 0.0F;
          sum[i] += d;
          square[i] += d * d;
        }
      }
    }
    const float share = 1 / static_cast<float>(at.rows);
    Moments moments[kPack];
    for (Index i = 0; i < kPack; ++i) {
      const float mean = sum[i] * share, squares = square[i] - mean * sum[i];
      moments[i] = {to_float(centre.values[i]) + mean, squares < 0 ? 0 : squares};
    }
    store_pack(out + std::size_t{at.part} * channels + at.channel, moments);
  }
};

/// Of one channel over several parts' rows.
struct MergedMoments {
  double mean, squares;
};

/// Of `members` parts from `first` on, or of those that are left. A second pass takes the distances
/// from the mean of all, so no division and no sum waits for the one before.
inline __host__ __device__ MergedMoments merge_moments(const Moments* in, Parts parts, Index first,
                                                       Index members, Index channels,
                                                       Index channel) {
  const Index left = parts.count() - first, end = first + (members < left ? members : left);
  double rows = 0, sum = 0, squares = 0;
  FOREBAY_UNROLL
  for (Index part = first; part < end; ++part) {
    const Index here = parts.size(part);
    rows += here;
    sum += here * static_cast<double>(in[std::size_t{part} * channels + channel].mean);
  }
  const double mean = sum / rows;
  FOREBAY_UNROLL
  for (Index part = first; part < end; ++part) {
    const Moments more = in[std::size_t{part} * channels + channel];
    const double apart = static_cast<double>(more.mean) - mean;
    squares += static_cast<double>(more.squares) + apart * apart * parts.size(part);
  }
  return {mean, squares};
}

/// One channel of one group of parts.
struct MergeMoments {
  const Moments* in;  // parts x channels
  Parts parts;
  Index members;  // of a group
  Index channels;
  Moments* out;  // groups x channels

  __host__ __device__ Index count() const { return parts.grouped(members).count() * channels; }
  __host__ __device__ void operator()(Index element) const {
    const MergedMoments merged = merge_moments(in, parts, element / channels * members, members,
                                               channels, element % channels);
    out[element] = {static_cast<float>(merged.mean), static_cast<float>(merged.squares)};
  }
};

/// Of one channel over a part's rows: the sums of dz and of dz * (x - mean).
struct alignas(8) GradientSums {
  float gradient, product;
};

/// Those of a pack of channels.
struct PackSums {
  GradientSums sums[kPack] = {};

  __host__ __device__ void add(Index i, float dz, float from_mean) {
    sums[i].gradient += dz;
    sums[i].product += dz * from_mean;
  }
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

  __host__ __device__ Index count() const { return PartPack::count(parts, channels); }
  __host__ __device__ void operator()(Index element) const {
    const PartPack at(element, parts, channels);
    const PackFloats factor = floats_at(scale, at.channel), add = floats_at(shift, at.channel),
                     centre = floats_at(mean, at.channel);
    PackSums sums;
    for (Index row = 0; row < at.rows; row += kRowsAtOnce) {
      const Index left = at.rows - row;  // the gradients of rows beyond are 0
      const std::size_t here = at.begin + std::size_t{row} * channels;
      const RowPacks<Value> values(x, here, channels, left);
      const RowPacks<Value> gradients(g, here, channels, left);
      for (Index r = 0; r < kRowsAtOnce; ++r) {
        for (Index i = 0; i < kPack; ++i) {
          const float value = values.at(r, i);
          const bool passes = value * factor[i] + add[i] > floor;
          sums.add(i, passes ? gradients.at(r, i) : 0.0F, value - centre[i]);
        }
      }
    }
    store_pack(out + std::size_t{at.part} * channels + at.channel, sums.sums);
  }
};

/// The same where something was added before the ReLU, whose output is y: dz is a [+ b] where y is
/// above `floor`, else 0, and is stored as well; `b` may be null.
template <class Value>
struct SumMaskedGradients {
  const Value *x, *a, *b, *y;
  Parts parts;
  Index channels;
  const float* mean;
  float floor;
  Value* dz;
  GradientSums* out;  // parts x channels

  __host__ __device__ Index count() const { return PartPack::count(parts, channels); }
  __host__ __device__ void operator()(Index element) const {
    const PartPack at(element, parts, channels);
    const PackFloats centre = floats_at(mean, at.channel);
    PackSums sums;
    for (Index row = 0; row < at.rows; row += kRows) {
      const Index left = at.rows - row;
      const std::size_t here = at.begin + std::size_t{row} * channels;
      const Rows values(x, here, channels, left), output(y, here, channels, left);
      const Rows first(a, here, channels, left), second(b, here, channels, left);
      for (Index r = 0; r < kRows; ++r) {
        if (r >= left) continue;
        Pack<Value> masked;
        for (Index i = 0; i < kPack; ++i) {
          const float gradient = first.at(r, i) + second.at(r, i);
          masked.values[i] = from_float<Value>(output.at(r, i) > floor ? gradient : 0.0F);
          sums.add(i, to_float(masked.values[i]), values.at(r, i) - centre[i]);
        }
        pack_at(dz, here + std::size_t{r} * channels) = masked;
      }
    }
    store_pack(out + std::size_t{at.part} * channels + at.channel, sums.sums);
  }

 private:
  static constexpr Index kRows = 2;  // of four arrays
  using Rows = RowPacks<Value, kRows>;
};

/// Of one channel over several parts' rows.
struct MergedGradients {
  double gradient, product;
};

/// Of the parts from `first` to `end`.
inline __host__ __device__ MergedGradients merge_gradients(const GradientSums* in, Index first,
                                                           Index end, Index channels,
                                                           Index channel) {
  MergedGradients merged{};
  FOREBAY_UNROLL
  for (Index part = first; part < end; ++part) {
    const GradientSums more = in[std::size_t{part} * channels + channel];
    merged.gradient += static_cast<double>(more.gradient);
    merged.product += static_cast<double>(more.product);
  }
  return merged;
}

/// One channel of one group of parts.
struct MergeGradients {
  const GradientSums* in;  // parts x channels
  Index parts, members, channels;
  GradientSums* out;  // groups x channels

  __host__ __device__ Index count() const { return (parts + members - 1) / members * channels; }
  __host__ __device__ void operator()(Index element) const {
    const Index first = element / channels * members, left = parts - first;
    const MergedGradients merged = merge_gradients(
        in, first, first + (members < left ? members : left), channels, element % channels);
    out[element] = {static_cast<float>(merged.gradient), static_cast<float>(merged.product)};
  }
};

}  // namespace forebay::cuda
