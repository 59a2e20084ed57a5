#include <forebay/nodes/sim/sim_replica.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include <support/error_of.hpp>
#include "helpers.hpp"

namespace forebay {
namespace {

using test::error_of;
using test::FakeTime;
using test::small_network;
using test::small_profile;

const ReplicaOptions kOptions{.rows = 10};  // one bucket: a step sleeps once, 20 ms
const std::vector<int> kLabels(10, 3);

Shard shard(std::size_t rows) { return {nullptr, std::span(kLabels).first(rows), rows}; }
const auto ignore = [](const GradientBucket&) {};

TEST(SimReplica, SleepsUntilEachBucketIsDue) {
  FakeTime clock;
  const Network network = small_network();
  const auto replicas =
      make_sim_replicas(network, {.rows = 10, .bucket_bytes = 1}, small_profile(), 1, clock.time());
  std::vector<double> handed_out;
  std::size_t elements = 0;
  replicas[0]->forward_backward(shard(10), [&](const GradientBucket& bucket) {
    handed_out.push_back(clock.now);
    elements += bucket.values.size();
  });
  EXPECT_EQ(handed_out, clock.waits);
  EXPECT_EQ(handed_out.size(), replicas[0]->buckets().size());
  EXPECT_TRUE(std::is_sorted(handed_out.begin(), handed_out.end()));
  EXPECT_DOUBLE_EQ(handed_out.back(), 100.020);
  EXPECT_EQ(elements, static_cast<std::size_t>(parameter_count(network)));
}

TEST(SimReplica, DoesNotDriftWhenItWakesLate) {
  FakeTime clock;
  clock.oversleep = 0.0001;
  const auto replicas =
      make_sim_replicas(small_network(), kOptions, small_profile(), 1, clock.time());
  for (int i = 0; i < 1000; ++i) replicas[0]->forward_backward(shard(10), ignore);
  EXPECT_NEAR(clock.now, 100 + 1000 * 0.020 + 0.0001, 1e-6);
}

TEST(SimReplica, BeginsAnewAfterWaitingForData) {
  FakeTime clock;
  const auto replicas =
      make_sim_replicas(small_network(), kOptions, small_profile(), 1, clock.time());
  replicas[0]->forward_backward(shard(10), ignore);
  clock.now += 0.5;
  replicas[0]->forward_backward(shard(10), ignore);
  EXPECT_NEAR(clock.now, 100.540, 1e-9);
}

TEST(SimReplica, EvaluatesInAThirdOfTheTime) {
  FakeTime clock;
  const auto replicas =
      make_sim_replicas(small_network(), kOptions, small_profile(), 1, clock.time());
  std::vector<float> logits(40, 1.0F);
  const StepResult result = replicas[0]->evaluate(shard(4), logits);
  EXPECT_NEAR(clock.now, 100 + 0.014 / 3, 1e-9);
  EXPECT_EQ(result.rows, 4u);
  EXPECT_EQ(logits, std::vector<float>(40, 0.0F));
}

TEST(SimReplica, ReportsTheLossOfGuessing) {
  FakeTime clock;
  const auto replicas =
      make_sim_replicas(small_network(), kOptions, small_profile(), 1, clock.time());
  const StepResult result = replicas[0]->forward_backward(shard(10), ignore);
  EXPECT_DOUBLE_EQ(result.loss_sum, 10 * std::log(10));
  EXPECT_EQ(result.top1 + result.top5, 0u);
  EXPECT_EQ(result.rows, 10u);
}

TEST(SimReplica, SharesOneArrayOfZerosAmongAll) {
  FakeTime clock;
  const auto replicas =
      make_sim_replicas(small_network(), kOptions, small_profile(), 16, clock.time());
  ASSERT_EQ(replicas.size(), 16u);
  const float* first = nullptr;
  for (const auto& replica : replicas) {
    replica->forward_backward(shard(10), [&](const GradientBucket& bucket) {
      if (first == nullptr) first = bucket.values.data();
      EXPECT_EQ(bucket.values.data(), first);
      EXPECT_THAT(bucket.values, ::testing::Each(0.0F));
    });
    EXPECT_EQ(replica->memory_bytes(), 2000u);  // of the profile, for each
  }
}

TEST(SimReplica, SaysHowManyRowsFit) {
  const auto make = [](std::size_t rows) {
    return error_of([&] {
      SimProfile profile = small_profile();
      profile.device_bytes = 12.0 * (1 << 30);
      profile.row_bytes = 1 << 30;
      make_sim_replicas(small_network(), {.rows = rows}, profile, 2);
    });
  };
  EXPECT_EQ(make(11), "");
  EXPECT_EQ(make(13),
            "D1: 12.0 GiB hold at most 11 rows of mlp, not 13, which need 13.0 GiB; give fewer "
            "rows to each device");
}

TEST(SimReplica, RefusesOtherNumbersOfRows) {
  FakeTime clock;
  const auto replicas =
      make_sim_replicas(small_network(), {.rows = 4}, small_profile(), 1, clock.time());
  EXPECT_EQ(error_of([&] { replicas[0]->forward_backward(shard(3), ignore); }),
            "mlp: cannot train 3 rows: the simulated D1 was made for 4; give as many");
  EXPECT_EQ(error_of([&] { replicas[0]->evaluate(shard(5), {}); }),
            "mlp: cannot evaluate 5 rows: the simulated D1 was made for 4; give no more");
}

}  // namespace
}  // namespace forebay
