#include <forebay/nodes/sim/sim_step.hpp>

#include <gtest/gtest.h>

#include "helpers.hpp"

namespace forebay {
namespace {

using test::small_network;
using test::small_profile;

// Every parameter of the mlp in a bucket of its own: fc3.bias, fc3.weight, ... fc1.weight.
const ReplicaOptions kOptions{.rows = 10, .bucket_bytes = 1};

TEST(SimStep, HandsOutBucketsAlongTheBackwardPass) {
  const Network network = small_network();
  const SimStep step = plan_sim_step(network, kOptions, small_profile(), 4);
  EXPECT_DOUBLE_EQ(step.compute_seconds, 0.020);
  ASSERT_EQ(step.buckets.size(), network.parameters.size());
  // FLOPs of fc1, fc2, fc3: 16 x 128, 128 x 64, 64 x 10. The forward pass takes a third.
  const double all = 16 * 128 + 128 * 64 + 64 * 10;
  EXPECT_NEAR(step.buckets[0].at, 0.020 * (1 + 2 * 64 * 10 / all) / 3, 1e-12);
  EXPECT_NEAR(step.buckets[1].at, step.buckets[0].at, 1e-12);
  EXPECT_NEAR(step.buckets[2].at, 0.020 * (1 + 2 * (64 * 10 + 128 * 64) / all) / 3, 1e-12);
  EXPECT_DOUBLE_EQ(step.buckets.back().at, 0.020);
  EXPECT_DOUBLE_EQ(step.seconds, 0.020);
}

TEST(SimStep, CoversAllGradientsOnce) {
  const Network network = small_network();
  const SimStep step = plan_sim_step(network, kOptions, small_profile(), 1);
  std::size_t end = static_cast<std::size_t>(parameter_count(network));
  for (const SimStep::Bucket& bucket : step.buckets) {
    EXPECT_EQ(bucket.bucket.begin + bucket.count, end);
    end = bucket.bucket.begin;
  }
  EXPECT_EQ(end, 0u);
}

TEST(SimStep, HidesTransfersBehindTheBackwardPassButForTheLast) {
  const Network network = small_network();
  SimProfile profile = small_profile();
  profile.link_speed = 64e6;
  const SimStep step = plan_sim_step(network, kOptions, profile, 4);
  // fc1's 17 x 128 floats, 3/2 of which cross the link.
  const double transfer = 17 * 128 * 4 * 1.5 / 64e6;
  EXPECT_NEAR(step.seconds, 0.020 + transfer, 1e-9);
  EXPECT_DOUBLE_EQ(step.buckets.back().at, step.seconds);
}

TEST(SimStep, WaitsForALinkThatIsTooSlow) {
  const Network network = small_network();
  SimProfile profile = small_profile();
  profile.link_speed = 1e6;
  const SimStep step = plan_sim_step(network, kOptions, profile, 4);
  const double all = static_cast<double>(parameter_count(network)) * 4 * 1.5 / 1e6;
  EXPECT_GT(step.seconds, all);
  EXPECT_LT(step.seconds, all + 0.020);
}

TEST(SimStep, OfOneDeviceHasNoTransfers) {
  SimProfile profile = small_profile();
  profile.link_speed = 1;
  EXPECT_DOUBLE_EQ(plan_sim_step(small_network(), kOptions, profile, 1).seconds, 0.020);
}

}  // namespace
}  // namespace forebay
