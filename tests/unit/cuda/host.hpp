#pragma once

// Runs the GPU's element functions, and makes and compares arrays for them. Who links these tests
// says where: in loops on the host, or on a GPU (tests/device/heap.cpp).

#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

#include <forebay/nodes/cuda/kernels/launch.hpp>
#include <forebay/nodes/cuda/kernels/value.hpp>
#include <forebay/nodes/random.hpp>

namespace forebay::cuda {

/// Waits for all launches.
void finish_launches();

/// Of an element function with memory from `new`: a GPU does not reach the stack.
template <class Element>
void run_kernel(const Element& element, Index count) {
  launch(element, count, nullptr);
  finish_launches();
}

/// A value that a kernel reads or writes.
template <class Value>
class Shared {
 public:
  explicit Shared(Value value = {}) : value_(std::make_unique<Value>(value)) {}
  Value* get() const { return value_.get(); }
  Value& operator*() const { return *value_; }

 private:
  std::unique_ptr<Value> value_;
};

/// Memory for `size` values and the rest of the last pack, aligned as the arena's is.
template <class Value>
class Array {
 public:
  explicit Array(std::size_t size) : packs_(packs_of(size)), size_(size) {}
  explicit Array(const std::vector<float>& values) : Array(values.size()) {
    for (std::size_t i = 0; i < size_; ++i) data()[i] = from_float<Value>(values[i]);
  }
  Value* data() { return packs_.empty() ? nullptr : packs_.front().values; }
  std::vector<float> floats() {
    std::vector<float> values;
    for (std::size_t i = 0; i < size_; ++i) values.push_back(to_float(data()[i]));
    return values;
  }

 private:
  std::vector<Pack<Value>> packs_;
  std::size_t size_;
};

/// Between -2 and 2, in steps that bfloat16 has near 1: exact in every type.
inline std::vector<float> random_values(std::uint64_t seed, std::size_t size) {
  Random random(seed);
  std::vector<float> values(size);
  for (float& value : values)
    value = static_cast<float>(static_cast<int>(random.below(257)) - 128) / 64;
  return values;
}

/// Half the distance of two neighbours in `Value`, relative to them.
template <class Value>
constexpr float rounding() {
  if constexpr (sizeof(Value) == 4) return 0x1p-22F;  // a few operations' worth
  return std::is_same_v<Value, __half> ? 0x1p-11F : 0x1p-8F;
}

/// Equal but for rounding to `Value`, so many times; infinities and what is not a number match
/// themselves.
template <class Value>
void expect_same(const std::vector<float>& got, const std::vector<float>& expected,
                 float times = 1) {
  ASSERT_EQ(got.size(), expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    if (got[i] == expected[i] || (std::isnan(got[i]) && std::isnan(expected[i]))) continue;
    const float near = times * rounding<Value>() * (std::abs(expected[i]) + 1e-3F);
    ASSERT_NEAR(got[i], expected[i], near) << i;
  }
}

using Values = testing::Types<float, __half, __nv_bfloat16>;

}  // namespace forebay::cuda
