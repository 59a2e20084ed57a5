#include <forebay/nodes/image/crop.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace forebay {
namespace {

constexpr ImageSize kImage{.width = 500, .height = 375};
constexpr int kDraws = 20000;

TEST(CenterCrop, LeavesTheLargerPartOfAnOddRemainderBelowAndRight) {
  EXPECT_EQ(center_crop({10, 9}, {4, 4}), (Crop{2, 3, 4, 4}));
  EXPECT_EQ(center_crop({4, 4}, {4, 4}), (Crop{0, 0, 4, 4}));
}

TEST(RandomCrop, ReachesEveryPlaceEquallyOften) {
  std::array<std::array<int, 4>, 3> counts{};
  for (std::uint64_t i = 0; i < kDraws; ++i) {
    Random random(1, 2, i);
    const Crop crop = random_crop({7, 6}, {4, 4}, random);
    ASSERT_EQ(crop.height, 4);
    ASSERT_EQ(crop.width, 4);
    ++counts.at(static_cast<std::size_t>(crop.y)).at(static_cast<std::size_t>(crop.x));
  }
  double chi_square = 0;
  for (const auto& row : counts) {
    for (int count : row) chi_square += std::pow(count - kDraws / 12.0, 2) / (kDraws / 12.0);
  }
  EXPECT_LT(chi_square, 31.3);  // 11 degrees of freedom, p = 0.001
}

std::vector<Crop> draw(const RandomArea& what) {
  std::vector<Crop> crops;
  for (std::uint64_t i = 0; i < kDraws; ++i) {
    Random random(3, 4, i);
    if (const auto crop = random_resized_crop(kImage, what, random)) crops.push_back(*crop);
  }
  return crops;
}

TEST(RandomResizedCrop, LiesInTheImage) {
  const auto crops = draw({{0.08, 1}, {0.75, 4.0 / 3}});
  EXPECT_GT(crops.size(), kDraws * 0.99);
  for (const Crop& crop : crops) {
    ASSERT_GE(crop.y, 0);
    ASSERT_GE(crop.x, 0);
    ASSERT_GT(crop.height, 0);
    ASSERT_GT(crop.width, 0);
    ASSERT_LE(crop.y + crop.height, kImage.height);
    ASSERT_LE(crop.x + crop.width, kImage.width);
  }
}

/// The distance of a sample's distribution from the uniform one (Kolmogorov and Smirnov).
double distance_from_uniform(std::vector<double> values, Interval range) {
  std::sort(values.begin(), values.end());
  double distance = 0;
  const auto count = static_cast<double>(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double expected = (values[i] - range.low) / (range.high - range.low);
    distance = std::max(distance, std::abs(expected - (static_cast<double>(i) + 0.5) / count));
  }
  return distance;
}

TEST(RandomResizedCrop, AreaIsUniform) {
  // Small enough that every draw fits, so that no rejection bends the distribution.
  const RandomArea what{{0.1, 0.4}, {0.75, 4.0 / 3}};
  std::vector<double> areas;
  for (const Crop& crop : draw(what)) areas.push_back(crop.height * crop.width / (500.0 * 375.0));
  EXPECT_EQ(areas.size(), static_cast<std::size_t>(kDraws));
  EXPECT_LT(distance_from_uniform(areas, what.area), 1.95 / std::sqrt(kDraws) + 0.003);
}

TEST(RandomResizedCrop, RatioIsUniformAndSwappedHalfOfTheTime) {
  const RandomArea what{{0.1, 0.3}, {1.5, 2.0}};
  std::vector<double> ratios;
  int swapped = 0;
  for (const Crop& crop : draw(what)) {
    const double ratio = static_cast<double>(crop.height) / crop.width;
    swapped += ratio < 1 ? 1 : 0;
    ratios.push_back(ratio < 1 ? 1 / ratio : ratio);
  }
  EXPECT_LT(distance_from_uniform(ratios, what.aspect_ratio), 1.95 / std::sqrt(kDraws) + 0.015);
  EXPECT_NEAR(swapped, kDraws / 2.0, 3.3 * std::sqrt(kDraws) / 2);
}

TEST(RandomResizedCrop, GivesUpWhenNothingFits) { EXPECT_TRUE(draw({{1, 1}, {3, 3}}).empty()); }

TEST(RandomResizedCrop, FullAreaOfItsOwnShapeIsTheImage) {
  Random random(1);
  EXPECT_EQ(random_resized_crop({80, 80}, {{1, 1}, {1, 1}}, random), (Crop{0, 0, 80, 80}));
}

TEST(AtLeast, EnlargesOnlyWhatIsTooSmall) {
  EXPECT_EQ(at_least_high({64, 48}, 32), (ImageSize{64, 48}));
  EXPECT_EQ(at_least_high({64, 48}, 97), (ImageSize{129, 97}));
  EXPECT_EQ(at_least_wide({64, 48}, 64), (ImageSize{64, 48}));
  EXPECT_EQ(at_least_wide({64, 48}, 91), (ImageSize{91, 68}));
}

}  // namespace
}  // namespace forebay
