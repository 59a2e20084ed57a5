#include <forebay/nodes/image/jitter.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "fixtures.hpp"

namespace forebay {
namespace {

double gray(const cv::Vec3b& pixel) {
  return 0.299 * pixel[0] + 0.587 * pixel[1] + 0.114 * pixel[2];
}

/// The definition in double precision: each channel is a mix of itself and `other`.
template <typename Other>
cv::Mat mixed(const cv::Mat& pixels, double factor, const Other& other) {
  cv::Mat result = pixels.clone();
  for (auto& pixel : cv::Mat_<cv::Vec3b>(result)) {
    const double with = other(pixel);
    for (int c = 0; c < 3; ++c) {
      const double value = std::round(pixel[c] * factor + with * (1 - factor));
      pixel[c] = static_cast<std::uint8_t>(std::clamp(value, 0.0, 255.0));
    }
  }
  return result;
}

double mean_gray(const cv::Mat& pixels) {
  double sum = 0;
  for (const auto& pixel : cv::Mat_<cv::Vec3b>(pixels)) sum += gray(pixel);
  return sum / static_cast<double>(pixels.total());
}

class Jitter : public testing::TestWithParam<double> {
 protected:
  cv::Mat pixels_ = read_pixels(fixture("rgb.png"));
  Image image_ = to_image(pixels_, ImagePool());
};

// A value that lies on one half may round either way: float against double.
TEST_P(Jitter, BrightnessMultiplies) {
  change_brightness(image_, GetParam());
  EXPECT_LE(largest_difference(image_, mixed(pixels_, GetParam(), [](auto&) { return 0.0; })), 1);
}

TEST_P(Jitter, ContrastMovesFromTheMeanGray) {
  const double mean = mean_gray(pixels_);
  change_contrast(image_, GetParam());
  EXPECT_LE(largest_difference(image_, mixed(pixels_, GetParam(), [&](auto&) { return mean; })), 1);
}

TEST_P(Jitter, SaturationMovesFromEachPixelsGray) {
  change_saturation(image_, GetParam());
  EXPECT_LE(largest_difference(image_, mixed(pixels_, GetParam(), gray)), 1);
}

TEST_P(Jitter, OfOneChangesNothing) {
  jitter_color(image_, {});
  EXPECT_EQ(largest_difference(image_, pixels_), 0);
}

TEST_P(Jitter, GrayImagesChangeInBrightnessAndContrast) {
  const cv::Mat pixels = read_pixels(fixture("gray.png"));
  Image image = to_image(pixels, ImagePool());
  change_saturation(image, GetParam());
  EXPECT_EQ(largest_difference(image, pixels), 0);
  change_contrast(image, GetParam());
  cv::Mat expected;
  pixels.convertTo(expected, -1, GetParam(), (1 - GetParam()) * cv::mean(pixels)[0]);
  EXPECT_LE(largest_difference(image, expected), 1);
}

INSTANTIATE_TEST_SUITE_P(Factors, Jitter, testing::Values(0.0, 0.6, 0.93, 1.0, 1.27, 2.0));

TEST(JitterColor, AppliesTheThreeInTheirOrder) {
  const cv::Mat pixels = read_pixels(fixture("rgb.png"));
  ColorJitter jitter{1.4, 0.7, 1.2, {}};
  jitter.order = {ColorChange::kSaturation, ColorChange::kBrightness, ColorChange::kContrast};
  Image image = to_image(pixels, ImagePool());
  jitter_color(image, jitter);
  Image by_hand = to_image(pixels, ImagePool());
  change_saturation(by_hand, 1.2);
  change_brightness(by_hand, 1.4);
  change_contrast(by_hand, 0.7);
  EXPECT_EQ(largest_difference(image, to_mat(by_hand)), 0);
}

TEST(DrawColorJitter, FactorsAreUniformAndTheSixOrdersEquallyOften) {
  constexpr int kDraws = 12000;
  std::map<std::array<ColorChange, 3>, int> orders;
  double brightness = 0, contrast_square = 0, saturation_low = 2, saturation_high = 0;
  for (std::uint64_t i = 0; i < kDraws; ++i) {
    Random random(5, 6, i);
    const ColorJitter jitter = draw_color_jitter({0.4, 0.3, 0.2}, random);
    ++orders[jitter.order];
    brightness += jitter.brightness / kDraws;
    contrast_square += std::pow(jitter.contrast - 1, 2) / kDraws;
    saturation_low = std::min(saturation_low, jitter.saturation);
    saturation_high = std::max(saturation_high, jitter.saturation);
  }
  EXPECT_NEAR(brightness, 1, 0.01);
  EXPECT_NEAR(contrast_square, 0.3 * 0.3 / 3, 0.001);
  EXPECT_NEAR(saturation_low, 0.8, 0.001);
  EXPECT_NEAR(saturation_high, 1.2, 0.001);
  EXPECT_EQ(orders.size(), 6u);
  for (const auto& [order, count] : orders) EXPECT_NEAR(count, kDraws / 6, 150);
}

}  // namespace
}  // namespace forebay
