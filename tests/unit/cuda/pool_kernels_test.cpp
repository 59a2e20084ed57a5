#include <forebay/nodes/cuda/kernels/pool.hpp>

#include <gtest/gtest.h>

#include <cmath>

#include <forebay/nodes/cpu/layers/pool.hpp>

#include "cpu_op.hpp"
#include "host.hpp"

namespace forebay::cuda {
namespace {

template <class Value>
class PoolKernels : public testing::Test {};
TYPED_TEST_SUITE(PoolKernels, Values);

template <class Value>
struct Pooled {
  std::vector<float> y, dx;
  std::vector<std::uint8_t> places;
};

template <class Value>
Pooled<Value> max_pool(const PoolShape& shape, const std::vector<float>& x,
                       const std::vector<float>& dy) {
  Array<Value> in(x), out(dy.size()), gradient(dy), input_gradient(x.size());
  std::vector<Pack<std::uint8_t>> places(shape.outputs());
  std::uint8_t* place = places.front().values;
  run_kernel(MaxPool<Value>{shape, in.data(), out.data(), place}, shape.outputs());
  run_kernel(MaxPoolBackward<Value>{shape, gradient.data(), place, input_gradient.data()},
             shape.inputs());
  return {out.floats(), input_gradient.floats(), {place, place + dy.size()}};
}

// In each image and channel all values differ (which of equal ones oneDNN takes is its own affair),
// and are exact in every type.
std::vector<float> distinct_values(std::size_t rows, std::size_t pixels, std::size_t channels) {
  std::vector<float> values(rows * pixels * channels);
  Random random(5);
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t channel = 0; channel < channels; ++channel) {
      std::vector<float> shuffled;
      for (std::size_t i = 0; i < pixels; ++i) {
        shuffled.insert(shuffled.begin() + static_cast<std::ptrdiff_t>(random.below(i + 1)),
                        static_cast<float>(i) - 20);
      }
      for (std::size_t i = 0; i < pixels; ++i) {
        values[(row * pixels + i) * channels + channel] = shuffled[i];
      }
    }
  }
  return values;
}

TYPED_TEST(PoolKernels, TakeTheLargestAsTheCpuDoes) {
  struct Case {
    int size, kernel, stride, padding;
  };
  for (const Case& c : {Case{8, 3, 2, 1}, {7, 3, 2, 1}, {6, 2, 2, 0}, {5, 3, 1, 1}, {7, 2, 3, 0}}) {
    constexpr int kRows = 2, kChannels = 16;
    const int out = (c.size + 2 * c.padding - c.kernel) / c.stride + 1;
    const ImageShape from{kChannels, c.size, c.size}, to{kChannels, out, out};
    CpuOp cpu(kRows, from, to);
    Layer layer;
    layer.output = to;
    layer.kernel = c.kernel;
    layer.stride = c.stride;
    layer.padding = c.padding;
    const auto x = distinct_values(kRows, static_cast<std::size_t>(c.size * c.size), kChannels);
    const auto dy = random_values(2, static_cast<std::size_t>(kRows * kChannels * out * out));
    forebay::MaxPool<float> op(layer, 0, 2, cpu.planner.rows, cpu.planner);
    cpu.run({&op}, x, {}, dy);
    const auto side = static_cast<Index>(c.size), out_side = static_cast<Index>(out);
    const PoolShape shape{kRows,
                          side,
                          side,
                          kChannels,
                          out_side,
                          out_side,
                          static_cast<Index>(c.kernel),
                          static_cast<Index>(c.stride),
                          static_cast<Index>(c.padding)};
    const auto got = max_pool<TypeParam>(shape, x, dy);
    EXPECT_EQ(got.y, cpu.value(2));
    expect_same<TypeParam>(got.dx, cpu.gradient(0));
  }
}

TYPED_TEST(PoolKernels, TakeTheFirstOfEqualsAndWhatIsNoNumber) {
  constexpr Index kChannels = kPack;
  const PoolShape shape{1, 1, 4, kChannels, 1, 2, 2, 2, 0};  // height 1: a window is half outside
  std::vector<float> x(4 * kChannels, 1), dy(2 * kChannels, 1);
  x[2 * kChannels] = std::nanf("");
  x[3 * kChannels + 1] = 2;
  const auto got = max_pool<TypeParam>(shape, x, dy);
  EXPECT_TRUE(std::isnan(got.y[kChannels]));
  EXPECT_EQ(got.places,
            (std::vector<std::uint8_t>{0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(got.dx[0], 1);
  EXPECT_EQ(got.dx[kChannels], 0);
  EXPECT_EQ(got.dx[3 * kChannels + 1], 1);
}

TYPED_TEST(PoolKernels, AverageAsTheCpuDoes) {
  constexpr int kRows = 3, kChannels = 24, kSide = 7, kPixels = kSide * kSide;
  const ImageShape from{kChannels, kSide, kSide}, to{kChannels, 1, 1};
  const auto x = random_values(3, kRows * kPixels * kChannels);
  const auto dy = random_values(4, kRows * kChannels);
  CpuOp cpu(kRows, from, to);
  forebay::AveragePool<float> op(0, 2, cpu.planner);
  cpu.run({&op}, x, {}, dy);
  Array<TypeParam> in(x), out(dy.size()), gradient(dy), input_gradient(x.size());
  run_kernel(AveragePool<TypeParam>{in.data(), kPixels, kChannels, out.data()},
             kRows * kChannels / kPack);
  run_kernel(
      AveragePoolBackward<TypeParam>{gradient.data(), kPixels, kChannels, input_gradient.data()},
      kRows * kPixels * kChannels / kPack);
  expect_same<TypeParam>(out.floats(), cpu.value(2));
  expect_same<TypeParam>(input_gradient.floats(), cpu.gradient(0));
}

}  // namespace
}  // namespace forebay::cuda
