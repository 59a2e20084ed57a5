#include <forebay/nodes/reduce/all_reduce.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <forebay/nodes/cpu/bfloat16.hpp>
#include <forebay/nodes/random.hpp>

namespace forebay {
namespace {

using Gradients = std::vector<std::vector<float>>;

Gradients random_gradients(std::size_t replicas, std::size_t count) {
  Random random(7, replicas, count);
  Gradients gradients(replicas, std::vector<float>(count));
  for (auto& gradient : gradients) {
    for (float& value : gradient) value = static_cast<float>(random.normal());
  }
  return gradients;
}

std::vector<BucketPart> parts_of(const Gradients& gradients, const std::vector<std::size_t>& rows) {
  std::vector<BucketPart> parts;
  for (std::size_t r = 0; r < gradients.size(); ++r) parts.push_back({gradients[r], rows[r]});
  return parts;
}

template <class Sent = float>
std::vector<float> reduced(const std::vector<BucketPart>& parts) {
  std::vector<float> output(parts.front().values.size(), -1.0F);
  all_reduce_mean<Sent>(parts, output);
  return output;
}

// The header's formula, one rounding at a time.
float reference(const std::vector<BucketPart>& parts, std::size_t i) {
  double rows = 0;
  for (const BucketPart& part : parts) rows += static_cast<double>(part.rows);
  volatile float sum = 0;
  for (std::size_t r = 0; r < parts.size(); ++r) {
    const auto weight = static_cast<float>(static_cast<double>(parts[r].rows) / rows);
    volatile float term = weight * parts[r].values[i];
    sum = r == 0 ? term : sum + term;
  }
  return sum;
}

TEST(AllReduce, EqualsTheScalarReferenceToTheBit) {
  for (std::size_t replicas : {1u, 2u, 3u, 4u, 7u}) {
    for (std::size_t count : {0u, 1u, 15u, 17u, 2047u, 2048u, 2049u, 10000u}) {
      const Gradients gradients = random_gradients(replicas, count);
      std::vector<std::size_t> rows;
      for (std::size_t r = 0; r < replicas; ++r) rows.push_back(32 - 5 * (r % 3));
      const std::vector<BucketPart> parts = parts_of(gradients, rows);
      const std::vector<float> result = reduced(parts);
      for (std::size_t i = 0; i < count; ++i) {
        ASSERT_EQ(result[i], reference(parts, i)) << replicas << " replicas, element " << i;
      }
    }
  }
}

float to_bfloat16(float value) { return to_float(from_float<Bfloat16>(value)); }

// Each rounding is by half of 2^-7 at most: of what is sent, and of the mean.
TEST(AllReduce, InBfloat16RoundsWhatIsSentAndTheMeanAndNothingElse) {
  for (const std::size_t replicas : {2u, 3u, 8u}) {
    const Gradients gradients = random_gradients(replicas, 3000);
    const std::vector<std::size_t> rows(replicas, 4);
    const std::vector<float> result = reduced<Bfloat16>(parts_of(gradients, rows));
    const std::vector<float> exact = reduced(parts_of(gradients, rows));
    Gradients sent = gradients;
    for (auto& gradient : sent) std::ranges::transform(gradient, gradient.begin(), to_bfloat16);
    const std::vector<BucketPart> parts = parts_of(sent, rows);
    for (std::size_t i = 0; i < result.size(); ++i) {
      ASSERT_EQ(result[i], to_bfloat16(reference(parts, i))) << replicas << " replicas, " << i;
      float size = std::abs(exact[i]);
      for (const auto& gradient : gradients) {
        size += std::abs(gradient[i]) / static_cast<float>(replicas);
      }
      ASSERT_LE(std::abs(result[i] - exact[i]), 0x1p-8F * size * 1.01F);
    }
    EXPECT_NE(result, exact);
  }
}

TEST(AllReduce, WeighsEachReplicaByItsRows) {
  const Gradients gradients{{1, 10}, {5, 30}};
  EXPECT_EQ(reduced(parts_of(gradients, {3, 1})), (std::vector<float>{2, 15}));
}

TEST(AllReduce, OneReplicaKeepsItsBits) {
  const Gradients gradients = random_gradients(1, 3000);
  EXPECT_EQ(reduced(parts_of(gradients, {32})), gradients[0]);
}

TEST(AllReduce, WritesInPlaceToAnyReplica) {
  for (std::size_t target = 0; target < 3; ++target) {
    Gradients gradients = random_gradients(3, 5000);
    const std::vector<std::size_t> rows{8, 8, 7};
    const std::vector<float> expected = reduced(parts_of(gradients, rows));
    all_reduce_mean(parts_of(gradients, rows), gradients[target]);
    EXPECT_EQ(gradients[target], expected);
  }
}

TEST(AllReduce, GivesTheSameBitsForRangesOfABucket) {
  const Gradients gradients = random_gradients(3, 5000);
  const std::vector<BucketPart> parts = parts_of(gradients, {8, 8, 7});
  std::vector<float> output(5000);
  for (std::size_t begin = 0; begin < 5000; begin += 613) {
    const std::size_t count = std::min<std::size_t>(613, 5000 - begin);
    std::vector<BucketPart> slices;
    for (const BucketPart& part : parts) {
      slices.push_back({part.values.subspan(begin, count), part.rows});
    }
    all_reduce_mean(slices, std::span(output).subspan(begin, count));
  }
  EXPECT_EQ(output, reduced(parts));
}

TEST(AllReduce, DoesNotReadAReplicaWithoutRows) {
  Gradients gradients = random_gradients(2, 100);
  gradients.push_back(std::vector<float>(100, std::numeric_limits<float>::quiet_NaN()));
  const std::vector<float> with = reduced(parts_of(gradients, {4, 4, 0}));
  gradients.pop_back();
  EXPECT_EQ(with, reduced(parts_of(gradients, {4, 4})));
}

}  // namespace
}  // namespace forebay
