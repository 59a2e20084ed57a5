#include <forebay/nodes/cuda/kernels/norm.hpp>

#include <gtest/gtest.h>

#include <span>

#include <forebay/nodes/cpu/layers/norm.hpp>
#include <forebay/nodes/cuda/kernels/fused_norm.hpp>
#include <forebay/nodes/cuda/kernels/pointwise.hpp>

#include "cpu_op.hpp"
#include "host.hpp"

namespace forebay::cuda {
namespace {

// Statistics of the rows in parts, then in groups of parts.
template <class Value>
std::vector<Moments> moments_of_groups(const Value* x, Parts parts, Index members, Index channels) {
  std::vector<Moments> sums(parts.count() * channels);
  const SumMoments<Value> sum{x, parts, channels, sums.data()};
  run_kernel(sum, sum.count());
  std::vector<Moments> groups(parts.grouped(members).count() * channels);
  const MergeMoments merge{sums.data(), parts, members, channels, groups.data()};
  run_kernel(merge, merge.count());
  return groups;
}

// Then of all.
template <class Value>
std::vector<Moments> moments(const Value* x, Parts parts, Index members, Index channels) {
  const std::vector<Moments> groups = moments_of_groups(x, parts, members, channels);
  const Parts grouped = parts.grouped(members);
  std::vector<Moments> all(channels);
  const MergeMoments last{groups.data(), grouped, grouped.count(), channels, all.data()};
  run_kernel(last, last.count());
  return all;
}

// A batch norm with its residual add and ReLU, as a replica puts it together from the kernels.
template <class Value>
struct GpuNorm {
  Index rows, channels;
  std::vector<float> gamma, beta;
  std::vector<float> running_mean = std::vector<float>(channels, 0.5F);
  std::vector<float> running_variance = std::vector<float>(channels, 2);
  std::vector<float> mean = zeros(), inverse_deviation = zeros(), scale = zeros(), shift = zeros();
  std::vector<float> gamma_gradient = zeros(), beta_gradient = zeros(), slope = zeros(),
                     offset = zeros();

  std::vector<float> zeros() const { return std::vector<float>(channels); }
  NormChannels arrays() {
    return {gamma.data(),        beta.data(),
            running_mean.data(), running_variance.data(),
            mean.data(),         inverse_deviation.data(),
            scale.data(),        shift.data()};
  }

  void forward(const Value* x, const Value* other, float floor, Value* y) {
    const Parts parts{rows, 3};
    const auto groups = moments_of_groups(x, parts, 4, channels);
    run_kernel(UseBatchStatistics{groups.data(), parts.grouped(4), channels, arrays()}, channels);
    const Normalise<Value> normalise{x,     rows,  channels, scale.data(), shift.data(),
                                     other, floor, y};
    run_kernel(normalise, normalise.count());
  }

  // Of a norm alone.
  void backward(const Value* x, const Value* g, float floor, Value* dx) {
    std::vector<GradientSums> sums(parts_.count() * channels);
    const SumGradients<Value> sum{
        x, g, parts_, channels, scale.data(), shift.data(), mean.data(), floor, sums.data()};
    run_kernel(sum, sum.count());
    finish_backward(x, g, sums, floor, dx);
  }

  // Of one with an add, whose output is y: `dz` is what was added to gets.
  void backward(const Value* x, const Value* a, const Value* b, const Value* y, float floor,
                Value* dz, Value* dx) {
    std::vector<GradientSums> sums(parts_.count() * channels);
    const SumMaskedGradients<Value> sum{x,        a,           b,     y,  parts_,
                                        channels, mean.data(), floor, dz, sums.data()};
    run_kernel(sum, sum.count());
    finish_backward(x, dz, sums, kNoFloor, dx);
  }

  void finish_backward(const Value* x, const Value* g, const std::vector<GradientSums>& sums,
                       float floor, Value* dx) {
    std::vector<GradientSums> groups(parts_.count() * channels);
    const MergeGradients merge{sums.data(), parts_.count(), 3, channels, groups.data()};
    run_kernel(merge, merge.count());
    const Shared unscale(1.0F);
    const Shared overflowed(0);
    run_kernel(FinishGradients{groups.data(), merge.count() / channels, channels, rows,
                               inverse_deviation.data(), scale.data(), unscale.get(),
                               gamma_gradient.data(), beta_gradient.data(), slope.data(),
                               offset.data(), overflowed.get()},
               channels);
    EXPECT_EQ(*overflowed, 0);
    const NormaliseBackward<Value> backward{x,
                                            g,
                                            rows,
                                            channels,
                                            scale.data(),
                                            shift.data(),
                                            mean.data(),
                                            slope.data(),
                                            offset.data(),
                                            floor,
                                            dx};
    run_kernel(backward, backward.count());
  }

  Parts parts_{rows, 5};
};

// Results that were rounded once to `Value`; sums of some hundred floats differ in their last bits.
template <class Value>
void expect_close(const std::vector<float>& got, const std::vector<float>& expected) {
  ASSERT_EQ(got.size(), expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    ASSERT_NEAR(got[i], expected[i], (rounding<Value>() + 5e-6F) * (std::abs(expected[i]) + 1))
        << i;
  }
}

template <class Value>
class NormKernels : public testing::Test {};
TYPED_TEST_SUITE(NormKernels, Values);

TYPED_TEST(NormKernels, DoWhatTheCpuDoesForwardAndBackward) {
  constexpr std::size_t kRows = 3, kSide = 5, kChannels = 16, kPixels = kRows * kSide * kSide;
  const auto x = random_values(1, kPixels * kChannels), other = random_values(2, x.size());
  const auto dy = random_values(3, x.size());
  std::vector<float> parameters = random_values(4, 2 * kChannels);
  for (const bool adds : {false, true}) {
    for (const bool relu : {false, true}) {
      const ImageShape shape{kChannels, kSide, kSide};
      CpuOp cpu(kRows, shape, shape);
      const int gradients = cpu.planner.keep_floats(2 * kChannels);
      const int statistics = cpu.planner.keep_floats(2 * kChannels);
      forebay::Norm<float> op(0, adds ? 1 : -1, 2, relu ? Activation::kRelu : Activation::kNone,
                              {{0, 1}, {0, kChannels}, gradients}, {0, kChannels, statistics});
      forebay::NormMoments<float> moments(op);
      forebay::NormGradientMoments<float> gradient_moments(op);
      cpu.run({&moments, &op, &gradient_moments}, x, other, dy, parameters);

      GpuNorm<TypeParam> gpu{.rows = kPixels,
                             .channels = kChannels,
                             .gamma = {parameters.begin(), parameters.begin() + kChannels},
                             .beta = {parameters.begin() + kChannels, parameters.end()}};
      gpu.running_mean = gpu.running_variance = gpu.zeros();  // as those of the CPU here
      const float floor = relu ? 0 : kNoFloor;
      Array<TypeParam> in(x), added(other), y(x.size()), g(dy), dz(x.size()), dx(x.size());
      gpu.forward(in.data(), adds ? added.data() : nullptr, floor, y.data());
      expect_close<TypeParam>(y.floats(), cpu.value(2));
      if (adds) {
        gpu.backward(in.data(), g.data(), nullptr, y.data(), floor, dz.data(), dx.data());
        expect_close<TypeParam>(dz.floats(), cpu.gradient(1));
      } else {
        gpu.backward(in.data(), g.data(), floor, dx.data());
      }
      expect_close<TypeParam>(dx.floats(), cpu.gradient(0));
      const auto sums = cpu.values(gradients, 2 * kChannels);
      const auto running = cpu.values(statistics, 2 * kChannels);
      expect_close<float>(gpu.gamma_gradient, {sums.begin(), sums.begin() + kChannels});
      expect_close<float>(gpu.beta_gradient, {sums.begin() + kChannels, sums.end()});
      expect_close<float>(gpu.running_mean, {running.begin(), running.begin() + kChannels});
      expect_close<float>(gpu.running_variance, {running.begin() + kChannels, running.end()});
    }
  }
}

// Of two terms, in rows that are no multiple of those read at once.
TYPED_TEST(NormKernels, MaskTheSumOfTwoGradients) {
  constexpr Index kRows = 3 * kRowsAtOnce + 1, kSize = kRows * kPack;
  const auto a = random_values(1, kSize), b = random_values(2, kSize), y = random_values(3, kSize);
  Array<TypeParam> x(random_values(4, kSize)), first(a), second(b), output(y), dz(kSize);
  Array<float> mean(random_values(5, kPack));
  const Parts parts{kRows, kRowsAtOnce + 2};
  std::vector<GradientSums> sums(parts.count() * kPack);
  const SumMaskedGradients<TypeParam> sum{x.data(),  first.data(), second.data(), output.data(),
                                          parts,     kPack,        mean.data(),   0,
                                          dz.data(), sums.data()};
  run_kernel(sum, sum.count());
  std::vector<float> expected(kSize);
  for (Index i = 0; i < kSize; ++i) expected[i] = y[i] > 0 ? a[i] + b[i] : 0;
  expect_same<TypeParam>(dz.floats(), expected);
  for (Index c = 0; c < kPack; ++c) {
    float gradient = 0, product = 0;
    for (Index part = 0; part < parts.count(); ++part) {
      gradient += sums[part * kPack + c].gradient;
      product += sums[part * kPack + c].product;
    }
    for (Index row = 0; row < kRows; ++row) {
      const Index i = row * kPack + c;
      gradient -= dz.floats()[i];
      product -= dz.floats()[i] * (x.floats()[i] - mean.floats()[c]);
    }
    EXPECT_NEAR(gradient, 0, 1e-4F);
    EXPECT_NEAR(product, 0, 1e-4F);
  }
}

TYPED_TEST(NormKernels, UseRunningStatisticsForInference) {
  GpuNorm<TypeParam> norm{.rows = 1,
                          .channels = kPack,
                          .gamma = std::vector<float>(kPack, 3),
                          .beta = std::vector<float>(kPack, 1)};
  norm.running_variance.assign(kPack, 4 - 1e-5F);
  run_kernel(UseRunningStatistics{norm.arrays()}, kPack);
  Array<TypeParam> x(std::vector<float>(kPack, 2.5F)), y(kPack);
  run_kernel(Normalise<TypeParam>{x.data(), 1, kPack, norm.scale.data(), norm.shift.data(), nullptr,
                                  0, y.data()},
             1);
  expect_same<TypeParam>(y.floats(), std::vector<float>(kPack, 4));  // (2.5 - 0.5) / 2 * 3 + 1
}

// Copies in the type that a convolution normalises in.
TYPED_TEST(NormKernels, LendWhatConvolutionsNormaliseBy) {
  GpuNorm<TypeParam> norm{.rows = 1,
                          .channels = kPack,
                          .gamma = std::vector<float>(kPack, 3),
                          .beta = std::vector<float>(kPack, 1)};
  norm.scale.assign(kPack, 0.3F);
  norm.shift.assign(kPack, -0.7F);
  Array<TypeParam> scale(kPack), shift(kPack);
  Array<float> gamma(kPack), beta(kPack);
  run_kernel(
      LendNorm<TypeParam>{norm.arrays(), scale.data(), shift.data(), gamma.data(), beta.data()},
      kPack);
  expect_same<TypeParam>(scale.floats(), norm.scale);
  expect_same<TypeParam>(shift.floats(), norm.shift);
  EXPECT_EQ(gamma.floats(), norm.gamma);
  EXPECT_EQ(beta.floats(), norm.beta);
}

// Of 1, 2, 6 and of equal values, whose squares' sum may come out too small.
TEST(NormStatistics, AreMadeOfAConvolutionsSums) {
  const std::vector<float> sum{9, 3}, squares{41, 2.9999F};
  std::vector<Moments> moments(2);
  run_kernel(MomentsOfSums{sum.data(), squares.data(), 3, moments.data()}, 2);
  EXPECT_FLOAT_EQ(moments[0].mean, 3);
  EXPECT_FLOAT_EQ(moments[0].squares, 14);  // 4 + 1 + 9
  EXPECT_FLOAT_EQ(moments[1].mean, 1);
  EXPECT_EQ(moments[1].squares, 0);

  const std::vector<float> gamma{6}, beta{5}, inverse_deviation{2};
  std::vector<GradientSums> sums(1);
  run_kernel(GradientsOfSums{gamma.data(), beta.data(), inverse_deviation.data(), sums.data()}, 1);
  EXPECT_EQ(sums[0].gradient, 5);
  EXPECT_EQ(sums[0].product, 3);
}

TEST(NormStatistics, CountEveryRowOnceHoweverRowsAreDivided) {
  constexpr Index kChannels = kPack;
  for (const Index rows : {1U, 2U, 7U, 24U, 25U}) {
    Array<float> x(random_values(rows, rows * kChannels));
    const auto whole = moments(x.data(), Parts{rows, rows}, 1, kChannels);
    for (const Index part : {1U, 2U, 5U, 24U}) {
      for (const Index members : {1U, 2U, 3U, 50U}) {
        const auto divided = moments(x.data(), Parts{rows, part}, members, kChannels);
        for (Index c = 0; c < kChannels; ++c) {
          EXPECT_NEAR(divided[c].mean, whole[c].mean, 1e-6F);
          EXPECT_NEAR(divided[c].squares, whole[c].squares, 1e-5F);
        }
      }
    }
  }
}

TEST(NormStatistics, KeepTheirDigitsFarFromZero) {
  constexpr Index kRows = 1000;
  std::vector<float> values;
  for (Index row = 0; row < kRows; ++row) {
    values.insert(values.end(), kPack, 10000 + static_cast<float>(row % 2));
  }
  Array<float> x(values);
  const auto all = moments(x.data(), Parts{kRows, 64}, 4, kPack);
  EXPECT_FLOAT_EQ(all[0].mean, 10000.5F);
  EXPECT_NEAR(all[0].squares, 250, 1e-3);
}

}  // namespace
}  // namespace forebay::cuda
