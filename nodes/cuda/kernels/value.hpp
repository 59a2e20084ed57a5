#pragma once

// What activations are stored in on a GPU, and packs of eight that are read and written at once.

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include <cstdint>

// Before a loop of loads that do not wait for each other, so that several are on their way.
#ifdef __CUDA_ARCH__
#define FOREBAY_UNROLL _Pragma("unroll 8")
#else
#define FOREBAY_UNROLL
#endif

namespace forebay::cuda {

/// Counts what a kernel works on: below 2^31. Offsets into arrays are std::size_t.
using Index = std::uint32_t;

constexpr Index kPack = 8;

/// Eight neighbours. Activations start on a pack and have room for whole packs, and batch norm's
/// channels are whole packs too; what the last pack has beyond an array's end means nothing.
template <class Value>
struct alignas(kPack * sizeof(Value)) Pack {
  Value values[kPack];
};

/// Packs that hold `size` values.
constexpr Index packs_of(std::size_t size) {
  return static_cast<Index>((size + kPack - 1) / kPack);
}

inline __host__ __device__ float to_float(float value) { return value; }
inline __host__ __device__ float to_float(__half value) { return __half2float(value); }
inline __host__ __device__ float to_float(__nv_bfloat16 value) { return __bfloat162float(value); }

/// The nearest `To`, of two equally near the even one. Beyond the largest __half: infinity.
template <class To>
__host__ __device__ To from_float(float value);

template <>
inline __host__ __device__ float from_float<float>(float value) {
  return value;
}
template <>
inline __host__ __device__ __half from_float<__half>(float value) {
  return __float2half_rn(value);
}
template <>
inline __host__ __device__ __nv_bfloat16 from_float<__nv_bfloat16>(float value) {
  return __float2bfloat16_rn(value);
}

template <class Value>
__host__ __device__ const Pack<Value>& pack_at(const Value* values, std::size_t offset) {
  return *reinterpret_cast<const Pack<Value>*>(values + offset);
}
template <class Value>
__host__ __device__ Pack<Value>& pack_at(Value* values, std::size_t offset) {
  return *reinterpret_cast<Pack<Value>*>(values + offset);
}

/// A float for each value of a pack of channels.
struct PackFloats {
  float values[kPack];

  __host__ __device__ float operator[](Index i) const { return values[i]; }
};

/// Of an array that begins on 16 bytes; `channel` begins a pack.
inline __host__ __device__ PackFloats floats_at(const float* values, std::size_t channel) {
  struct alignas(16) Half {
    float values[kPack / 2];
  };
  const Half* const from = reinterpret_cast<const Half*>(values + channel);
  const Half low = from[0], high = from[1];
  PackFloats all;
  for (Index i = 0; i < kPack / 2; ++i) {
    all.values[i] = low.values[i];
    all.values[i + kPack / 2] = high.values[i];
  }
  return all;
}

/// How many rows of a matrix (pixels of all images) x channels a thread reads before it uses the
/// first: one load at a time leaves memory waiting.
constexpr Index kRowsAtOnce = 4;

/// One pack of channels of `kRows` neighbouring rows.
template <class Value, Index kRows = kRowsAtOnce>
struct RowPacks {
  /// Of `count` rows, from the one whose pack begins at `offset`; zeros beyond, and all of them
  /// where `values` is null.
  __host__ __device__ RowPacks(const Value* values, std::size_t offset, Index channels,
                               Index count) {
    if (values == nullptr) return;
    for (Index row = 0; row < kRows; ++row) {
      if (row < count) rows[row] = pack_at(values, offset + std::size_t{row} * channels);
    }
  }

  __host__ __device__ float at(Index row, Index i) const { return to_float(rows[row].values[i]); }

  Pack<Value> rows[kRows] = {};
};

}  // namespace forebay::cuda
