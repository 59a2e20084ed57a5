#pragma once

// Made-up images, and comparing what training made of them.

#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <forebay/nodes/image/normalise.hpp>
#include <forebay/nodes/network/network.hpp>
#include <forebay/nodes/random.hpp>
#include <forebay/nodes/train/replica.hpp>

namespace forebay::cuda {

/// What GPUs get of images: their normalisation is the replica's.
const ImageInput kPixelInput{
    .type = SampleType::kUint8, .mean = {123.68F, 116.779F, 0.1F}, .std_dev = {58.393F, 57.12F, 7}};

struct Samples {
  std::vector<float> images;
  std::vector<std::uint8_t> pixels = {};  // where there are any: instead of `images`
  std::vector<int> labels;

  Shard shard() const {
    if (pixels.empty()) return {images.data(), labels, labels.size()};
    return {pixels.data(), labels, labels.size(), SampleType::kUint8};
  }
};

inline Samples random_samples(const Network& network, std::size_t rows, Random random) {
  const ImageShape& shape = network.input();
  Samples samples;
  samples.images.resize(rows *
                        static_cast<std::size_t>(shape.channels * shape.height * shape.width));
  for (float& value : samples.images) value = static_cast<float>(random.normal());
  for (std::size_t i = 0; i < rows; ++i) {
    samples.labels.push_back(
        static_cast<int>(random.below(static_cast<std::uint64_t>(network.classes))));
  }
  return samples;
}

/// As the CPU does it, of images of three channels that are `width` pixels wide.
inline void normalise(const std::vector<std::uint8_t>& pixels, int width, float* out) {
  const std::size_t stride = 3 * static_cast<std::size_t>(width);
  const int height = static_cast<int>(pixels.size() / stride);
  Normalise(width, 3, kPixelInput.mean, kPixelInput.std_dev)(
      {pixels.data(), height, width, 3, stride}, Mirror::kNo, out);
}

inline void expect_near(const std::vector<float>& got, const std::vector<float>& expected) {
  ASSERT_EQ(got.size(), expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    ASSERT_NEAR(got[i], expected[i], 2e-4F * (1 + std::abs(expected[i]))) << i;
  }
}

}  // namespace forebay::cuda
