#pragma once

// Element functions on whole arrays: casts, and the residual add with its ReLU.
//
// An element function computes one element of a kernel's grid: here one pack, or one value. A
// kernel calls it for every index, a test in a loop. `floor` is 0 for a ReLU, kNoFloor for none.

#include <limits>

#include <forebay/nodes/cuda/kernels/value.hpp>

namespace forebay::cuda {

constexpr float kNoFloor = -std::numeric_limits<float>::infinity();

/// out = factor * in, one value, which need not begin a pack; `factor` may be null, for 1.
template <class From, class To>
struct Cast {
  const From* in;
  To* out;
  const float* factor = nullptr;

  __host__ __device__ void operator()(Index element) const {
    const float value = to_float(in[element]);
    out[element] = from_float<To>(factor == nullptr ? value : *factor * value);
  }
};

/// y = max(a [+ b], floor); `b` may be null.
template <class Value>
struct AddFloor {
  const Value* a;
  const Value* b;
  float floor;
  Value* y;

  __host__ __device__ void operator()(Index pack) const {
    const std::size_t at = std::size_t{pack} * kPack;
    const Pack<Value> first = pack_at(a, at);
    Pack<Value> second{}, sum;
    if (b != nullptr) second = pack_at(b, at);
    for (Index i = 0; i < kPack; ++i) {
      const float value =
          to_float(first.values[i]) + (b == nullptr ? 0 : to_float(second.values[i]));
      sum.values[i] = from_float<Value>(value < floor ? floor : value);
    }
    pack_at(y, at) = sum;
  }
};

/// dz = a [+ b] where y is above `floor`, else 0; `b` may be null, `dz` may be `a`.
template <class Value>
struct MaskGradient {
  const Value* a;
  const Value* b;
  const Value* y;
  float floor;
  Value* dz;

  __host__ __device__ void operator()(Index pack) const {
    const std::size_t at = std::size_t{pack} * kPack;
    const Pack<Value> first = pack_at(a, at), output = pack_at(y, at);
    Pack<Value> second{}, masked;
    if (b != nullptr) second = pack_at(b, at);
    for (Index i = 0; i < kPack; ++i) {
      const float value =
          to_float(first.values[i]) + (b == nullptr ? 0 : to_float(second.values[i]));
      masked.values[i] = from_float<Value>(to_float(output.values[i]) > floor ? value : 0.0F);
    }
    pack_at(dz, at) = masked;
  }
};

}  // namespace forebay::cuda
