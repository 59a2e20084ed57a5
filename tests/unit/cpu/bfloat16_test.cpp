// Training in bfloat16 beside training in float32, and what rounding to 8 bits may change.

#include <forebay/nodes/cpu/bfloat16.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include <forebay/nodes/cpu/kernels.hpp>
#include <forebay/nodes/random.hpp>
#include <forebay/nodes/train/replica.hpp>

#include "every_layer.hpp"
#include "reference.hpp"

namespace forebay {
namespace {

constexpr double kRounding = 0x1p-8;  // at most, relative
constexpr auto kLimits = std::numeric_limits<float>();

TEST(Bfloat16, HoldsEveryValueOfItsOwn) {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const float value = to_float(Bfloat16{static_cast<std::uint16_t>(bits)});
    const Bfloat16 back = from_float<Bfloat16>(value);
    if (std::isnan(value)) {
      EXPECT_TRUE(std::isnan(to_float(back))) << bits;
    } else {
      EXPECT_EQ(back.bits, bits);
    }
  }
}

TEST(Bfloat16, IsTheNearestOfTwoOrTheEvenOne) {
  const auto rounded = [](float value) { return to_float(from_float<Bfloat16>(value)); };
  EXPECT_EQ(rounded(1 + 0x1p-8F), 1);                // half-way to 1 + 2^-7, which is odd
  EXPECT_EQ(rounded(1 + 3 * 0x1p-8F), 1 + 0x1p-6F);  // half-way from an odd one
  EXPECT_EQ(rounded(1 + 0x1.02p-8F), 1 + 0x1p-7F);
  EXPECT_EQ(rounded(-1 - 0x1.02p-8F), -1 - 0x1p-7F);
  EXPECT_EQ(rounded(kLimits.max()), kLimits.infinity());
  EXPECT_EQ(rounded(-kLimits.infinity()), -kLimits.infinity());
  EXPECT_TRUE(std::isnan(rounded(std::bit_cast<float>(0x7f800001U))));
  EXPECT_TRUE(std::isnan(rounded(std::bit_cast<float>(0xffffffffU))));
  Random random(1);
  for (int i = 0; i < 10000; ++i) {
    const auto value = static_cast<float>(random.normal());
    EXPECT_LE(std::abs(rounded(value) - value), kRounding * std::abs(value));
  }
}

std::vector<Bfloat16> to_bfloat16(const std::vector<float>& values) {
  std::vector<Bfloat16> result(values.size());
  kernels::convert(values.data(), values.size(), result.data());
  return result;
}

std::vector<float> random_values(std::size_t count, std::uint64_t seed) {
  Random random(seed);
  std::vector<Bfloat16> values(count);
  for (Bfloat16& value : values) {
    value = from_float<Bfloat16>(static_cast<float>(random.normal()));
  }
  std::vector<float> result(count);
  kernels::convert(values.data(), count, result.data());
  return result;
}

// Values that bfloat16 holds, in matrices with rows left over by any vector's width. The parameter
// is their channels: left over as well, or whole vectors.
class Bfloat16Kernels : public testing::TestWithParam<std::size_t> {
 protected:
  static constexpr std::size_t kRows = 300;
  const std::size_t channels_ = GetParam(), size_ = kRows * channels_;

  /// What a kernel writes from bfloat16s is what it writes from floats, rounded.
  template <class OnFloats, class OnBfloat16s>
  void expect_same(std::size_t size, const OnFloats& on_floats, const OnBfloat16s& on_bfloat16s) {
    std::vector<float> floats(size);
    std::vector<Bfloat16> bfloat16s(size);
    on_floats(floats.data());
    on_bfloat16s(bfloat16s.data());
    for (std::size_t i = 0; i < size; ++i) {
      ASSERT_EQ(bfloat16s[i].bits, from_float<Bfloat16>(floats[i]).bits) << i;
    }
  }

  const std::vector<float> x_ = random_values(size_, 1), g_ = random_values(size_, 2),
                           other_ = random_values(size_, 3), scale_ = random_values(channels_, 4),
                           shift_ = random_values(channels_, 5),
                           mean_ = random_values(channels_, 6);
  const std::vector<Bfloat16> x16_ = to_bfloat16(x_), g16_ = to_bfloat16(g_),
                              other16_ = to_bfloat16(other_);
  const kernels::Affine affine_{scale_.data(), shift_.data()};
};

TEST_P(Bfloat16Kernels, WriteWhatThoseOfFloatsWriteRounded) {
  const float* mean = mean_.data();
  expect_same(
      size_,
      [&](float* y) { kernels::normalise(x_.data(), kRows, channels_, affine_, nullptr, 0, y); },
      [&](Bfloat16* y) {
        kernels::normalise(x16_.data(), kRows, channels_, affine_, nullptr, 0, y);
      });
  expect_same(
      size_,
      [&](float* y) {
        kernels::normalise(x_.data(), kRows, channels_, affine_, other_.data(), 0, y);
      },
      [&](Bfloat16* y) {
        kernels::normalise(x16_.data(), kRows, channels_, affine_, other16_.data(), 0, y);
      });
  expect_same(
      size_,
      [&](float* dx) {
        kernels::normalise_backward(x_.data(), g_.data(), kRows, channels_, affine_, 0, mean, mean,
                                    mean, dx);
      },
      [&](Bfloat16* dx) {
        kernels::normalise_backward(x16_.data(), g16_.data(), kRows, channels_, affine_, 0, mean,
                                    mean, mean, dx);
      });
  expect_same(
      size_,
      [&](float* dz) { kernels::mask_gradient(g_.data(), x_.data(), other_.data(), size_, 0, dz); },
      [&](Bfloat16* dz) {
        kernels::mask_gradient(g16_.data(), x16_.data(), other16_.data(), size_, 0, dz);
      });
  expect_same(
      size_, [&](float* y) { kernels::add_floor(x_.data(), g_.data(), size_, 0, y); },
      [&](Bfloat16* y) { kernels::add_floor(x16_.data(), g16_.data(), size_, 0, y); });
  expect_same(
      size_, [&](float* y) { kernels::repeat_row(x_.data(), kRows, channels_, 0.3F, y); },
      [&](Bfloat16* y) { kernels::repeat_row(x16_.data(), kRows, channels_, 0.3F, y); });
  expect_same(
      channels_, [&](float* y) { kernels::sum_rows(x_.data(), kRows, channels_, 0.3F, y); },
      [&](Bfloat16* y) { kernels::sum_rows(x16_.data(), kRows, channels_, 0.3F, y); });
}

TEST_P(Bfloat16Kernels, SumAsThoseOfFloats) {
  std::vector<double> sums(4 * channels_), sums16(4 * channels_);
  std::vector<float> scratch(2 * channels_);
  const auto sum = [&](const auto* x, const auto* g, double* result) {
    kernels::add_moments(0, x, kRows, channels_, result, result + channels_, scratch.data());
    kernels::add_gradient_moments(x, g, kRows, channels_, affine_, 0, mean_.data(),
                                  result + 2 * channels_, scratch.data());
  };
  sum(x_.data(), g_.data(), sums.data());
  sum(x16_.data(), g16_.data(), sums16.data());
  for (std::size_t i = 0; i < sums.size(); ++i) EXPECT_NEAR(sums16[i], sums[i], 1e-5 * kRows) << i;
}

INSTANTIATE_TEST_SUITE_P(Channels, Bfloat16Kernels, testing::Values(37, 64, 1056));

/// Training of a network in either type, from the same weights.
class Bfloat16Training : public testing::Test {
 protected:
  static constexpr std::size_t kRows = 8;

  void SetUp() override {
    if (cpu_precision(Precision::kBfloat16) != Precision::kBfloat16) {
      GTEST_SKIP() << "this CPU has no instructions for bfloat16";
    }
  }

  struct Trained {
    std::vector<float> gradient;  // of the first step
    std::vector<double> losses;
  };

  static Trained train(const Network& network, Precision precision, int steps,
                       std::uint64_t first_batch = 0) {
    const auto replica = make_cpu_replica(network, {.rows = kRows, .precision = precision});
    Weights weights(network);
    reference::fill_weights(network, weights);
    reference::Sgd sgd(weights.parameters().size());
    Trained trained;
    for (int step = 0; step < steps; ++step) {
      replica->load_parameters(weights, 0, weights.parameters().size());
      const auto batch =
          reference::batch(first_batch + static_cast<std::uint64_t>(step), kRows, network);
      std::vector<float> gradient(weights.parameters().size());
      const StepResult result = replica->forward_backward(
          {batch.images.data(), batch.labels, kRows}, [&](const GradientBucket& bucket) {
            std::ranges::copy(bucket.values,
                              gradient.begin() + static_cast<std::ptrdiff_t>(bucket.begin));
          });
      trained.losses.push_back(result.loss_sum / kRows);
      sgd.update(0, gradient, weights.parameters());
      if (step == 0) trained.gradient = gradient;
    }
    return trained;
  }
};

// The longest way through the network, forth and back, has some 40 roundings of 0.16 % each (the
// square mean): 1 %, if they are independent. An error of 1 % moves 0.3 % of all ReLUs' inputs
// across zero, each with all of its gradient, which makes 6 % of the gradients before. Where the
// way is short, behind the last ReLU, there is neither.
TEST_F(Bfloat16Training, GradientsDifferByTheirRoundings) {
  const Network network = reference::every_layer();
  const auto exact = train(network, Precision::kFloat32, 1).gradient;
  const auto rounded = train(network, Precision::kBfloat16, 1).gradient;
  const Weights weights(network);
  for (std::size_t i = 0; i < network.parameters.size(); ++i) {
    double square = 0, difference = 0;
    for (std::size_t k = weights.parameter_offset(i); k < weights.parameter_offset(i + 1); ++k) {
      square += std::pow(static_cast<double>(exact[k]), 2);
      difference += std::pow(static_cast<double>(rounded[k] - exact[k]), 2);
    }
    const std::string& name = network.parameters[i].name;
    const bool behind_all_relus = name.starts_with("fc2") || name.starts_with("fc3");
    EXPECT_LT(std::sqrt(difference / square), behind_all_relus ? 0.01 : 0.1) << name;
    EXPECT_GT(difference, 0) << name;
  }
}

// Losses are of logits, which are near the end of half that way.
TEST_F(Bfloat16Training, LossesAreNearThoseOfPyTorch) {
  const auto expected = reference::read_results("resnet-18");
  const auto losses = train(resnet(18, {3, 64, 64}, 10), Precision::kBfloat16, 5,
                            static_cast<std::uint64_t>(expected.at("first_step")[0]))
                          .losses;
  for (std::size_t step = 0; step < losses.size(); ++step) {
    const double loss = expected.at("losses")[step];
    EXPECT_NEAR(losses[step], loss, 0.01 * loss) << "step " << step;
  }
}

TEST_F(Bfloat16Training, LossesStayNearThoseOfFloat32) {
  const Network network = resnet(20, {3, 32, 32}, 10);
  const auto exact = train(network, Precision::kFloat32, 20).losses;
  const auto rounded = train(network, Precision::kBfloat16, 20).losses;
  for (std::size_t step = 0; step < exact.size(); ++step) {
    EXPECT_NEAR(rounded[step], exact[step], 0.02 * exact[step]) << "step " << step;
  }
}

TEST_F(Bfloat16Training, TakesHalfTheMemoryForActivationsOrLess) {
  const Network network = resnet(20, {3, 32, 32}, 10);
  const auto bytes = [&](std::size_t rows, Precision precision) {
    return static_cast<double>(cpu_replica_bytes(network, {.rows = rows, .precision = precision}));
  };
  const double exact = bytes(128, Precision::kFloat32) - bytes(64, Precision::kFloat32);
  const double rounded = bytes(128, Precision::kBfloat16) - bytes(64, Precision::kBfloat16);
  EXPECT_LT(rounded, 0.55 * exact);
}

}  // namespace
}  // namespace forebay
