#include <forebay/nodes/train/replica.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include <forebay/graph/error.hpp>
#include <support/error_of.hpp>

#include "reference.hpp"

namespace forebay {
namespace {

using test::error_of;

class CpuReplicaTest : public testing::Test {
 protected:
  CpuReplicaTest() : weights_(network_) { reference::fill_weights(network_, weights_); }

  std::unique_ptr<Replica> make(ReplicaOptions options = {.rows = 4}) {
    auto replica = make_cpu_replica(network_, options);
    replica->load_parameters(weights_, 0, weights_.parameters().size());
    replica->load_buffers(weights_);
    return replica;
  }

  /// Gradients of steps on the same replica, one after the other.
  std::vector<float> gradients(Replica& replica, std::size_t rows, int steps = 1) {
    std::vector<float> all;
    for (int step = 0; step < steps; ++step) {
      const auto batch = reference::batch(static_cast<std::uint64_t>(step), rows, network_);
      std::vector<float> one(weights_.parameters().size());
      replica.forward_backward({batch.images.data(), batch.labels, rows},
                               [&](const GradientBucket& bucket) {
                                 std::copy(bucket.values.begin(), bucket.values.end(),
                                           one.begin() + static_cast<std::ptrdiff_t>(bucket.begin));
                               });
      all.insert(all.end(), one.begin(), one.end());
    }
    return all;
  }

  Network network_ = resnet(20, {3, 16, 16}, 10);
  Weights weights_;
};

TEST_F(CpuReplicaTest, GivesTheSameBitsInEveryRun) {
  for (Precision wanted : {Precision::kFloat32, Precision::kBfloat16}) {
    for (int threads : {1, 2, 3}) {
      const ReplicaOptions options{
          .rows = 4, .threads = threads, .precision = cpu_precision(wanted)};
      const auto first = make(options), second = make(options);
      EXPECT_EQ(gradients(*first, 4, 3), gradients(*second, 4, 3)) << threads << " threads";
      EXPECT_TRUE(std::ranges::equal(first->buffers(), second->buffers()));
    }
  }
}

TEST_F(CpuReplicaTest, GivesAlmostTheSameWithMoreThreads) {
  const auto one = make(), three = make({.rows = 4, .threads = 3});
  const auto a = gradients(*one, 4), b = gradients(*three, 4);
  double difference = 0, square = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference += std::pow(static_cast<double>(a[i] - b[i]), 2);
    square += std::pow(static_cast<double>(a[i]), 2);
  }
  EXPECT_LT(difference, 1e-8 * square);
}

TEST_F(CpuReplicaTest, EvaluatesFewerRowsAsItDoesAllOfThem) {
  const auto replica = make();
  const auto batch = reference::batch(0, 4, network_);
  std::vector<float> all(40), some(30);
  replica->evaluate({batch.images.data(), batch.labels, 4}, all);
  StepResult sum;
  sum += replica->evaluate({batch.images.data(), std::span(batch.labels).first(3), 3}, some);
  EXPECT_TRUE(std::equal(some.begin(), some.end(), all.begin()));
  EXPECT_EQ(sum.rows, 3u);
  EXPECT_EQ(replica->evaluate({nullptr, {}, 0}).rows, 0u);
}

TEST_F(CpuReplicaTest, LeavesRunningStatisticsAloneWhenItEvaluates) {
  const auto replica = make();
  gradients(*replica, 4);
  const std::vector<float> before(replica->buffers().begin(), replica->buffers().end());
  EXPECT_FALSE(std::ranges::equal(before, weights_.buffers()));
  const auto batch = reference::batch(7, 4, network_);
  replica->evaluate({batch.images.data(), batch.labels, 4});
  EXPECT_TRUE(std::ranges::equal(before, replica->buffers()));
}

TEST_F(CpuReplicaTest, LoadsARangeOfParametersAndNoMore) {
  const auto batch = reference::batch(0, 4, network_);
  const Shard shard{batch.images.data(), batch.labels, 4};
  const auto changed = make(), expected = make();
  const std::vector<float> before(weights_.parameters().begin(), weights_.parameters().end());
  const std::size_t fc = weights_.parameter_offset(network_.parameters.size() - 2);
  for (float& value : weights_.parameters()) value *= 2;
  changed->load_parameters(weights_, fc, weights_.parameters().size() - fc);
  std::copy(before.begin(), before.begin() + static_cast<std::ptrdiff_t>(fc),
            weights_.parameters().begin());
  expected->load_parameters(weights_, 0, weights_.parameters().size());
  std::vector<float> a(40), b(40), untouched(40);
  changed->evaluate(shard, a);
  expected->evaluate(shard, b);
  EXPECT_EQ(a, b);
  std::copy(before.begin(), before.end(), weights_.parameters().begin());
  make()->evaluate(shard, untouched);
  EXPECT_NE(a, untouched);
}

TEST_F(CpuReplicaTest, PlansTheMemoryOfMoreRows) {
  EXPECT_GT(make()->memory_bytes(), weights_.parameters().size() * 4 * 2);
  EXPECT_GT(make({.rows = 16})->memory_bytes(), make()->memory_bytes());
}

TEST_F(CpuReplicaTest, RefusesWrongOptionsAndShards) {
  EXPECT_EQ(error_of([&] { make({.rows = 0}); }),
            "resnet-20: cannot compile for the CPU: rows is 0; give 1 or more");
  EXPECT_EQ(error_of([&] { make({.rows = 1, .threads = 0}); }),
            "resnet-20: cannot compile for the CPU: threads is 0; give 1 or more");
  EXPECT_EQ(error_of([&] { make({.rows = 1, .label_smoothing = 1}); }),
            "resnet-20: cannot compile for the CPU: label_smoothing is 1; give 0 or more, below 1");
  const auto replica = make();
  auto batch = reference::batch(0, 5, network_);
  const float* images = batch.images.data();
  const auto labels = std::span<const int>(batch.labels);
  EXPECT_EQ(error_of([&] {
              replica->forward_backward({images, labels.first(3), 3}, {});
            }),
            "resnet-20: cannot train 3 rows: the replica was compiled for 4; give as many");
  EXPECT_EQ(error_of([&] {
              replica->evaluate({images, labels, 5});
            }),
            "resnet-20: cannot evaluate 5 rows: the replica was compiled for 4; give no more");
  EXPECT_EQ(error_of([&] {
              replica->evaluate({images, labels.first(2), 3});
            }),
            "resnet-20: cannot evaluate 3 rows with 2 labels; give a label for each row");
  std::vector<float> small(29);
  EXPECT_EQ(error_of([&] {
              replica->evaluate({images, labels.first(3), 3}, small);
            }),
            "resnet-20: cannot give the logits of 3 rows in 29 values; give room for 30");
  batch.labels[2] = 10;
  EXPECT_EQ(error_of([&] {
              replica->forward_backward({images, labels.first(4), 4}, {});
            }),
            "resnet-20: cannot train row 2: its label 10 is outside the network's 10 classes; set "
            "the number of classes to that of the data");
}

}  // namespace
}  // namespace forebay
