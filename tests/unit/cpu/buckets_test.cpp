#include <forebay/nodes/train/buckets.hpp>

#include <gmock/gmock.h>

#include <memory>

#include "reference.hpp"

namespace forebay {
namespace {

using testing::ElementsAre;

std::vector<std::size_t> begins(const GradientBuckets& buckets) {
  std::vector<std::size_t> result;
  for (const GradientBucket& bucket : buckets.list()) result.push_back(bucket.begin);
  return result;
}

TEST(GradientBuckets, TakeWholeParametersFromTheLast) {
  const std::vector<std::size_t> offsets{0, 10, 30, 60, 100};
  EXPECT_THAT(begins(GradientBuckets(offsets, 4 * 35)), ElementsAre(60, 10, 0));
  EXPECT_THAT(begins(GradientBuckets(offsets, 1)), ElementsAre(60, 30, 10, 0));
  EXPECT_THAT(begins(GradientBuckets(offsets, 1 << 20)), ElementsAre(0));
}

TEST(GradientBuckets, CloseTheFirstEarly) {
  constexpr std::size_t kMiB = (1 << 20) / sizeof(float);
  const std::vector<std::size_t> offsets{0, 20 * kMiB, 40 * kMiB, 42 * kMiB};
  EXPECT_THAT(begins(GradientBuckets(offsets, 25 << 20)), ElementsAre(40 * kMiB, 0));
}

TEST(GradientBuckets, AreDeliveredInOrderOnceComplete) {
  const std::vector<std::size_t> offsets{0, 10, 30, 60, 100};
  std::vector<float> gradients(100);
  GradientBuckets buckets(offsets, 4);
  for (int step = 0; step < 2; ++step) {
    std::vector<int> seen;
    const auto complete = [&](std::vector<int> parameters) {
      buckets.complete(parameters, gradients, [&](const GradientBucket& bucket) {
        seen.push_back(bucket.index);
        EXPECT_EQ(bucket.values.data(), gradients.data() + bucket.begin);
      });
    };
    buckets.start();
    complete({2});  // of bucket 1, which waits for bucket 0
    EXPECT_THAT(seen, ElementsAre());
    complete({3});
    EXPECT_THAT(seen, ElementsAre(0, 1));
    complete({0, 1});
    EXPECT_THAT(seen, ElementsAre(0, 1, 2, 3));
  }
}

TEST(GradientBuckets, ComeOutOfBackwardLastLayersFirstAndTileTheArray) {
  const Network network = resnet(18, {3, 32, 32}, 10);
  Weights weights(network);
  reference::fill_weights(network, weights);
  auto replica = make_cpu_replica(network, {.rows = 2, .bucket_bytes = 4 << 20});
  replica->load_parameters(weights, 0, weights.parameters().size());
  const auto batch = reference::batch(0, 2, network);
  std::size_t end = weights.parameters().size();
  int index = 0;
  const auto planned = replica->buckets();
  replica->forward_backward(
      {batch.images.data(), batch.labels, 2}, [&](const GradientBucket& bucket) {
        EXPECT_EQ(bucket.index, index);
        EXPECT_EQ(bucket.begin, planned[static_cast<std::size_t>(index)].begin);
        EXPECT_EQ(bucket.begin + bucket.values.size(), end);
        end = bucket.begin;
        ++index;
      });
  EXPECT_EQ(end, 0u);
  EXPECT_EQ(static_cast<std::size_t>(index), planned.size());
  EXPECT_GT(index, 5);
}

}  // namespace
}  // namespace forebay
