// Samples beside those of MXNet 1.9.1's ImageRecordIter (tests/fixtures/image).

#include <gtest/gtest.h>

#include <cstring>
#include <forebay/nodes/image/augment.hpp>
#include <forebay/nodes/image/decode.hpp>

#include "fixtures.hpp"

namespace forebay {
namespace {

std::vector<float> sample(const AugmentOptions& options, const char* file) {
  const ImageShape& shape = options.image_shape;
  std::vector<float> out(static_cast<std::size_t>(shape.channels * shape.height * shape.width));
  const Image image = decode(read_file(fixture(file)), ImagePool(), shape.channels);
  Augment{options}(image, Random(1), out.data());
  return out;
}

struct Case {
  const char* name;
  ImageShape shape;
  int resize = -1;
  int pad = 0;
};

class MxNet : public testing::TestWithParam<Case> {};

TEST_P(MxNet, GivesTheSamePixels) {
  const Case& test = GetParam();
  const ImageShape& shape = test.shape;
  const std::vector<float> out =
      sample({.image_shape = shape, .resize = test.resize, .pad_size = test.pad, .rgb_mean = {}},
             shape.channels == 3 ? "rgb.png" : "gray.png");
  const cv::Mat pixels(shape.height, shape.width, CV_32FC(shape.channels),
                       const_cast<float*>(out.data()));
  cv::Mat expected;
  read_pixels(fixture(std::string("mxnet_") + test.name + ".png")).convertTo(expected, CV_32F);
  ASSERT_EQ(expected.size(), pixels.size());
  ASSERT_EQ(expected.type(), pixels.type());
  EXPECT_EQ(cv::norm(expected, pixels, cv::NORM_INF), 0);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, MxNet,
    testing::Values(Case{"centre", {3, 32, 33}}, Case{"shorter", {3, 32, 32}, 41},
                    Case{"larger", {3, 60, 70}, 61}, Case{"too_low", {3, 61, 50}},
                    Case{"too_narrow", {3, 40, 91}}, Case{"too_small", {3, 80, 111}},
                    Case{"padded", {3, 54, 70}, -1, 4}, Case{"gray", {1, 28, 28}}),
    [](const auto& param) { return std::string(param.param.name); });

TEST(MxNet, NormalisesToTheSameNumbers) {
  AugmentOptions options{.image_shape = {3, 8, 8}};
  options.rgb_std = imagenet_train().rgb_std;
  const std::vector<float> out = sample(options, "rgb.png");
  const std::vector<std::byte> bytes = read_file(fixture("mxnet_normalised.f32"));
  ASSERT_EQ(bytes.size(), out.size() * sizeof(float));
  for (std::size_t i = 0; i < out.size(); ++i) {
    float expected = 0;
    std::memcpy(&expected, &bytes[i * sizeof(float)], sizeof(float));
    EXPECT_NEAR(out[i], expected, 1e-6);
  }
}

}  // namespace
}  // namespace forebay
