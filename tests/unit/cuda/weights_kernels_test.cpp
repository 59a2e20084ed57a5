#include <forebay/nodes/cuda/kernels/weights.hpp>

#include <gtest/gtest.h>

#include <limits>

#include "host.hpp"

namespace forebay::cuda {
namespace {

template <class Value>
class WeightKernels : public testing::Test {};
TYPED_TEST_SUITE(WeightKernels, Values);

// Two filters of three channels and 1x2 windows: value = 100 * out + 10 * in + place.
TYPED_TEST(WeightKernels, ChangeLayoutAndPadChannels) {
  const std::vector<float> plain{0, 1, 10, 11, 20, 21, 100, 101, 110, 111, 120, 121};
  const WeightShape shape{2, 3, 4, 2};
  Array<TypeParam> packed(shape.packed());
  run_kernel(PackWeights<TypeParam>{shape, plain.data(), packed.data()}, shape.packed());
  EXPECT_EQ(packed.floats(), (std::vector<float>{0, 10, 20, 0, 1, 11, 21, 0,  //
                                                 100, 110, 120, 0, 101, 111, 121, 0}));
  std::vector<float> back(plain.size());
  const Shared overflowed(0);
  const Shared half(0.5F);
  run_kernel(
      UnpackGradient<TypeParam>{shape, packed.data(), back.data(), half.get(), overflowed.get()},
      shape.plain());
  for (std::size_t i = 0; i < plain.size(); ++i) EXPECT_EQ(back[i], plain[i] / 2);
  EXPECT_EQ(*overflowed, 0);
}

TYPED_TEST(WeightKernels, TellOverflowOfGradientsButNotOfPadding) {
  const WeightShape shape{1, 3, 4, 1};
  const float infinity = std::numeric_limits<float>::infinity();
  std::vector<float> plain(3);
  const Shared overflowed(0);
  const Shared one(1.0F);
  Array<TypeParam> packed({1, 2, 3, infinity});
  run_kernel(
      UnpackGradient<TypeParam>{shape, packed.data(), plain.data(), one.get(), overflowed.get()},
      3);
  EXPECT_EQ(*overflowed, 0);
  packed.data()[1] = from_float<TypeParam>(-infinity);
  run_kernel(
      UnpackGradient<TypeParam>{shape, packed.data(), plain.data(), one.get(), overflowed.get()},
      3);
  EXPECT_EQ(*overflowed, 1);
}

}  // namespace
}  // namespace forebay::cuda
