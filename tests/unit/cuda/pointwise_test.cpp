#include <forebay/nodes/cuda/kernels/pointwise.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include <forebay/nodes/cpu/bfloat16.hpp>
#include <forebay/nodes/cpu/kernels.hpp>
#include <forebay/nodes/cuda/kernels/images.hpp>

#include "host.hpp"

namespace forebay::cuda {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

template <class Value>
class PointwiseKernels : public testing::Test {};
TYPED_TEST_SUITE(PointwiseKernels, Values);

TYPED_TEST(PointwiseKernels, AddWithAFloorAsTheCpuDoes) {
  const std::size_t size = 4 * kPack + 3;
  const auto a = random_values(1, size), b = random_values(2, size);
  for (const bool two : {false, true}) {
    for (const float floor : {0.0F, kNoFloor}) {
      Array<TypeParam> first(a), second(b), sum(size);
      run_kernel(
          AddFloor<TypeParam>{first.data(), two ? second.data() : nullptr, floor, sum.data()},
          packs_of(size));
      std::vector<float> expected(size);
      forebay::kernels::add_floor(a.data(), two ? b.data() : nullptr, size, floor, expected.data());
      expect_same<TypeParam>(sum.floats(), expected);
    }
  }
}

TYPED_TEST(PointwiseKernels, MaskGradientsAsTheCpuDoes) {
  const std::size_t size = 5 * kPack + 1;
  const auto a = random_values(3, size), b = random_values(4, size), y = random_values(5, size);
  for (const bool two : {false, true}) {
    for (const float floor : {0.0F, kNoFloor}) {
      Array<TypeParam> first(a), second(b), output(y);
      run_kernel(MaskGradient<TypeParam>{first.data(), two ? second.data() : nullptr, output.data(),
                                         floor, first.data()},
                 packs_of(size));
      std::vector<float> expected(size);
      forebay::kernels::mask_gradient(a.data(), two ? b.data() : nullptr, y.data(), size, floor,
                                      expected.data());
      expect_same<TypeParam>(first.floats(), expected);
    }
  }
}

TYPED_TEST(PointwiseKernels, CastThereAndBack) {
  const auto values = random_values(8, 3 * kPack + 5);
  const auto size = static_cast<Index>(values.size());
  const std::vector<float> four{4}, quarter{0.25F};
  Array<float> in(values), back(values.size()), more(four), less(quarter);
  Array<TypeParam> cast(values.size());
  run_kernel(Cast<float, TypeParam>{in.data(), cast.data(), more.data()}, size);
  run_kernel(Cast<TypeParam, float>{cast.data(), back.data(), less.data()}, size);
  EXPECT_EQ(back.floats(), values);
}

// IEEE 754's rules, by hand: ties go to even, too large is infinite, tiny becomes subnormal.
TEST(Casts, RoundToTheNearestHalf) {
  Array<float> in({1 + 0x1p-11F, 1 + 3 * 0x1p-11F, 65519.0F, 65520.0F, 0x1p-24F, 0x1p-26F});
  Array<__half> out(6);
  run_kernel(Cast<float, __half>{in.data(), out.data()}, 6);
  EXPECT_EQ(out.floats(), (std::vector<float>{1, 1 + 0x1p-9F, 65504, kInfinity, 0x1p-24F, 0}));
}

TEST(Casts, RoundToBfloat16AsTheCpuDoes) {
  std::vector<float> values = random_values(9, 64);
  for (float& value : values) value *= 1.0037F;
  values.insert(values.end(), {3.3e38F, -3.4e38F, 1e-39F, -0.0F, kInfinity});
  Array<float> in(values);
  Array<__nv_bfloat16> out(values.size());
  run_kernel(Cast<float, __nv_bfloat16>{in.data(), out.data()}, static_cast<Index>(values.size()));
  for (std::size_t i = 0; i < values.size(); ++i) {
    EXPECT_EQ(out.floats()[i], forebay::to_float(forebay::from_float<Bfloat16>(values[i]))) << i;
  }
}

TYPED_TEST(PointwiseKernels, PadImagesToFourNormalisedChannels) {
  const std::vector<std::uint8_t> pixels{0, 128, 255, 51, 102, 204};
  Array<TypeParam> out(8);
  run_kernel(
      PadImages<std::uint8_t, TypeParam>{
          pixels.data(), out.data(), 3, {0, 2, 5, 9}, {1, 0.5F, 2, 9}},
      2);
  expect_same<TypeParam>(out.floats(), {0, 63, 500, 0, 51, 50, 398, 0});
}

TYPED_TEST(PointwiseKernels, PadGrayImagesOfFloats) {
  const std::vector<float> pixels{0.5F, -1.5F, 2};
  Array<TypeParam> out(12);
  run_kernel(PadImages<float, TypeParam>{pixels.data(), out.data(), 1}, 3);
  EXPECT_EQ(out.floats(), (std::vector<float>{0.5F, 0, 0, 0, -1.5F, 0, 0, 0, 2, 0, 0, 0}));
}

}  // namespace
}  // namespace forebay::cuda
