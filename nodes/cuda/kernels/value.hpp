#pragma once

// What activations are stored in on a GPU, and packs of eight that are read and written at once.

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include <cstdint>

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

}  // namespace forebay::cuda
