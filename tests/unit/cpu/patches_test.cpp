#include <forebay/nodes/cpu/layers/patches.hpp>

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

namespace forebay {
namespace {

/// Every value looked up by its place in the window, as a convolution is defined.
std::vector<float> looked_up(const std::vector<float>& image, const Patches& shape) {
  const auto& [channels, height, width] = shape.input;
  std::vector<float> values;
  for (int i = 0; i < shape.output.height; ++i) {
    for (int j = 0; j < shape.output.width; ++j) {
      for (int place = 0; place < shape.kernel * shape.kernel * channels; ++place) {
        const int y = i * shape.stride - shape.padding + place / channels / shape.kernel;
        const int x = j * shape.stride - shape.padding + place / channels % shape.kernel;
        const bool inside = y >= 0 && y < height && x >= 0 && x < width;
        const int at = (y * width + x) * channels + place % channels;
        values.push_back(inside ? image[static_cast<std::size_t>(at)] : 0);
      }
    }
  }
  return values;
}

void expect_patches(const Patches& shape) {
  const auto& [channels, height, width] = shape.input;
  std::vector<float> image(static_cast<std::size_t>(channels * height * width));
  std::iota(image.begin(), image.end(), 1.0F);
  std::vector<float> patches(shape.per_image() * shape.size(), -1.0F);
  copy_patches(image.data(), shape, patches.data());
  EXPECT_EQ(patches, looked_up(image, shape));
}

TEST(Patches, AreTheWindowsOfAConvolutionWithZerosAround) {
  expect_patches({.input = {3, 5, 4}, .output = {1, 5, 4}, .kernel = 3, .stride = 1, .padding = 1});
  expect_patches({.input = {2, 7, 8}, .output = {1, 4, 4}, .kernel = 3, .stride = 2, .padding = 1});
  expect_patches({.input = {3, 6, 6}, .output = {1, 3, 3}, .kernel = 1, .stride = 2});
  expect_patches({.input = {2, 6, 7}, .output = {1, 2, 3}, .kernel = 3, .stride = 2});
}

TEST(Patches, MayBeWiderThanTheImage) {
  expect_patches({.input = {2, 2, 1}, .output = {1, 2, 1}, .kernel = 5, .stride = 1, .padding = 2});
  expect_patches({.input = {1, 1, 1}, .output = {1, 3, 3}, .kernel = 3, .stride = 1, .padding = 2});
}

}  // namespace
}  // namespace forebay
