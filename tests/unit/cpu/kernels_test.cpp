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

/// The moments of one channel in double.
struct Exact {
  explicit Exact(const std::vector<float>& x) {
    for (float value : x) mean += static_cast<double>(value) / static_cast<double>(x.size());
    for (float value : x) squares += std::pow(static_cast<double>(value) - mean, 2);
  }
  double mean = 0, squares = 0;
};

void expect_moments(const std::vector<float>& x, double tolerance) {
  const Exact exact(x);
  double mean = 0, squares = 0;
  float scratch[2];
  kernels::add_moments(0, x.data(), x.size(), 1, &mean, &squares, scratch);
  const double deviation = std::sqrt(exact.squares / static_cast<double>(x.size()));
  EXPECT_NEAR(mean, exact.mean, tolerance * deviation);
  EXPECT_NEAR(squares, exact.squares, tolerance * exact.squares);
}

// 10,003 rows: whole blocks of 8 and of 256 rows and what is left of both.
TEST(Kernels, MomentsFarFromZeroAreExactToFloatAccuracy) {
  expect_moments(random_values(10003, 1e4, 0.01), 1e-6);
  expect_moments(random_values(10003, -1e4, 1), 1e-6);
}

TEST(Kernels, MomentsDoNotMindAnImageWhoseFirstPixelStandsApart) {
  for (double apart : {1e2, 1e4, 1e6}) {
    auto x = random_values(100003, 10, 1);
    x.front() = static_cast<float>(apart);
    expect_moments(x, 1e-4);
    for (std::size_t row = 0; row < x.size(); row += 256) x[row] = static_cast<float>(apart);
    expect_moments(x, 1e-4);
  }
}

TEST(Kernels, MomentsOfPartsMergeToThoseOfAll) {
  const auto x = random_values(3 * 1000, 5, 2);
  constexpr std::size_t kChannels = 3, kRows = 1000;
  std::vector<double> all(2 * kChannels), head(2 * kChannels), tail(2 * kChannels);
  std::vector<float> scratch(2 * kChannels);
  const auto moments = [&](std::size_t begin, std::size_t rows, std::vector<double>& result) {
    kernels::add_moments(0, &x[begin * kChannels], rows, kChannels, result.data(),
                         &result[kChannels], scratch.data());
  };
  moments(0, kRows, all);
  for (std::size_t cut : {0, 1, 300}) {
    moments(0, cut, head);
    moments(cut, kRows - cut, tail);
    kernels::merge_moments(cut, head.data(), &head[kChannels], kRows - cut, tail.data(),
                           &tail[kChannels], kChannels);
    for (std::size_t i = 0; i < all.size(); ++i) EXPECT_NEAR(head[i], all[i], 1e-6 * all[i]);
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
