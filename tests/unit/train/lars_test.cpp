#include <forebay/nodes/train/lars.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include <forebay/nodes/random.hpp>

namespace forebay {
namespace {

// |w| = 5 and |g| = 10: 0.001 * 5 / (10 + 0.125 * 5).
TEST(TrustRatio, IsOfTheNorms) {
  const std::vector<float> weight{3, 0, 4}, gradient{-6, 8, 0};
  EXPECT_FLOAT_EQ(trust_ratio(weight, gradient, 0.001F, 0.125F), 0.005F / 10.625F);
}

TEST(TrustRatio, IsOneWhereANormIsZero) {
  const std::vector<float> zeros(5), ones(5, 1);
  EXPECT_EQ(trust_ratio(zeros, ones, 0.001F, 0), 1);
  EXPECT_EQ(trust_ratio(ones, zeros, 0.001F, 0), 1);
  EXPECT_EQ(trust_ratio({}, {}, 0.001F, 0), 1);
}

// Around a row of lanes, and around a stretch.
TEST(TrustRatio, IsOfEveryElement) {
  Random random(1);
  for (const std::size_t size : {1, 31, 32, 33, 4095, 4096, 4097, 100'000}) {
    std::vector<float> weight(size), gradient(size);
    double weights = 0, gradients = 0;
    for (std::size_t i = 0; i < size; ++i) {
      weight[i] = static_cast<float>(random.normal());
      gradient[i] = static_cast<float>(random.normal());
      weights += double{weight[i]} * double{weight[i]};
      gradients += double{gradient[i]} * double{gradient[i]};
    }
    const double norm = std::sqrt(weights), expected = norm / (std::sqrt(gradients) + 0.5 * norm);
    EXPECT_NEAR(trust_ratio(weight, gradient, 1, 0.5F), expected, 3e-7 * expected) << size;
  }
}

}  // namespace
}  // namespace forebay
