#pragma once

// Made-up images, and comparing what training made of them.

#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <vector>

#include <forebay/nodes/network/network.hpp>
#include <forebay/nodes/random.hpp>
#include <forebay/nodes/train/replica.hpp>

namespace forebay::cuda {

struct Samples {
  std::vector<float> images;
  std::vector<int> labels;

  Shard shard() const { return {images.data(), labels, labels.size()}; }
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

inline void expect_near(const std::vector<float>& got, const std::vector<float>& expected) {
  ASSERT_EQ(got.size(), expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    ASSERT_NEAR(got[i], expected[i], 2e-4F * (1 + std::abs(expected[i]))) << i;
  }
}

}  // namespace forebay::cuda
