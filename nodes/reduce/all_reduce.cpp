#include <forebay/nodes/reduce/all_reduce.hpp>

#include <algorithm>
#include <array>
#include <cassert>

#include <forebay/nodes/cpu/bfloat16.hpp>
#include <forebay/nodes/widest.hpp>

namespace forebay {
namespace {

// Small enough to stay in the first-level cache together with one part's slice.
constexpr std::size_t kSlice = 2048;

template <class Sent>
float rounded(float value) {
  return to_float(from_float<Sent>(value));
}

template <class Sent>
void scale(float* __restrict sum, const float* __restrict values, float weight, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) sum[i] = weight * rounded<Sent>(values[i]);
}

template <class Sent>
void add_scaled(float* __restrict sum, const float* __restrict values, float weight,
                std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) sum[i] += weight * rounded<Sent>(values[i]);
}

template <class Sent>
void put(const float* __restrict sum, float* __restrict output, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) output[i] = rounded<Sent>(sum[i]);
}

}  // namespace

template <class Sent>
void all_reduce_mean(std::span<const BucketPart> parts, std::span<float> output) {
  std::size_t rows = 0;
  for (const BucketPart& part : parts) {
    assert(part.rows == 0 || part.values.size() == output.size());
    rows += part.rows;
  }
  assert(rows > 0);

  // Sums gather beside the output, so that the output may be one of the parts.
  std::array<float, kSlice> sum;
  for (std::size_t begin = 0; begin < output.size(); begin += kSlice) {
    const std::size_t count = std::min(kSlice, output.size() - begin);
    bool first = true;
    for (const BucketPart& part : parts) {
      if (part.rows == 0) continue;
      const auto weight =
          static_cast<float>(static_cast<double>(part.rows) / static_cast<double>(rows));
      const float* values = &part.values[begin];
      if (first) {
        widest<scale<Sent>>(sum.data(), values, weight, count);
      } else {
        widest<add_scaled<Sent>>(sum.data(), values, weight, count);
      }
      first = false;
    }
    widest<put<Sent>>(static_cast<const float*>(sum.data()), &output[begin], count);
  }
}

template void all_reduce_mean<float>(std::span<const BucketPart>, std::span<float>);
template void all_reduce_mean<Bfloat16>(std::span<const BucketPart>, std::span<float>);

}  // namespace forebay
