#include <forebay/nodes/cpu/kernels.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include <forebay/nodes/random.hpp>

namespace forebay {
namespace {

constexpr float kNone = -std::numeric_limits<float>::infinity();

std::vector<float> random_values(std::size_t count, double centre, double deviation) {
  Random random(count);
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>(centre + deviation * random.normal());
  return values;
}

// 1,003 rows: whole blocks of 8 and of 256 rows and what is left of both.
TEST(Kernels, SumMomentsFarFromZeroToFloatAccuracy) {
  constexpr std::size_t kRows = 1003, kChannels = 5;
  const auto x = random_values(kRows * kChannels, 1000, 0.1);
  std::vector<double> sums(2 * kChannels);
  std::vector<float> scratch(2 * kChannels);
  kernels::add_moments(x.data(), kRows, kChannels, x.data(), sums.data(), scratch.data());
  for (std::size_t c = 0; c < kChannels; ++c) {
    double mean = 0, variance = 0;
    for (std::size_t row = 0; row < kRows; ++row) mean += x[row * kChannels + c];
    mean /= kRows;
    for (std::size_t row = 0; row < kRows; ++row) {
      variance += std::pow(x[row * kChannels + c] - mean, 2);
    }
    variance /= kRows;
    const double difference = sums[c] / kRows;
    EXPECT_NEAR(static_cast<double>(x[c]) + difference, mean, 1e-6);
    EXPECT_NEAR(sums[kChannels + c] / kRows - difference * difference, variance, 1e-5 * variance);
  }
}

TEST(Kernels, NormaliseAddAndCut) {
  const std::vector<float> x{1, -2, 3, 4}, scale{2, 1}, shift{0, 0.5F}, other{-3, 0, -5, 1};
  std::vector<float> y(4);
  kernels::normalise(x.data(), 2, 2, {scale.data(), shift.data()}, nullptr, kNone, y.data());
  EXPECT_EQ(y, (std::vector<float>{2, -1.5F, 6, 4.5F}));
  kernels::normalise(x.data(), 2, 2, {scale.data(), shift.data()}, other.data(), 0, y.data());
  EXPECT_EQ(y, (std::vector<float>{0, 0, 1, 5.5F}));
}

TEST(Kernels, MaskGradientsWhereTheOutputWasCut) {
  const std::vector<float> a{1, 2, 3}, b{10, 20, 30}, y{0, 1, 0.5F};
  std::vector<float> dz(3);
  kernels::mask_gradient(a.data(), b.data(), y.data(), 3, 0, dz.data());
  EXPECT_EQ(dz, (std::vector<float>{0, 22, 33}));
  kernels::mask_gradient(a.data(), nullptr, y.data(), 3, kNone, dz.data());
  EXPECT_EQ(dz, a);
}

TEST(Kernels, LetNotANumberThroughReLU) {
  const float nan = std::numeric_limits<float>::quiet_NaN(), one = 1, zero = 0;
  float y = 0;
  kernels::add_floor(&nan, nullptr, 1, 0, &y);
  EXPECT_TRUE(std::isnan(y));
  kernels::normalise(&nan, 1, 1, {&one, &zero}, nullptr, 0, &y);
  EXPECT_TRUE(std::isnan(y));
}

TEST(Kernels, AverageAndSpreadRows) {
  const std::vector<float> x{1, 2, 3, 4, 5, 6};
  std::vector<float> y(2), back(6);
  kernels::sum_rows(x.data(), 3, 2, 0.5F, y.data());
  EXPECT_EQ(y, (std::vector<float>{4.5F, 6}));
  kernels::repeat_row(y.data(), 3, 2, 2, back.data());
  EXPECT_EQ(back, (std::vector<float>{9, 12, 9, 12, 9, 12}));
}

}  // namespace
}  // namespace forebay
