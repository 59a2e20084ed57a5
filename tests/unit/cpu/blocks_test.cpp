#include <forebay/nodes/cpu/blocks.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include <forebay/nodes/network/builder.hpp>
#include <forebay/nodes/train/replica.hpp>

#include "reference.hpp"

namespace forebay {
namespace {

constexpr std::size_t kBytes = 512 << 10;  // of a block, for each thread

TEST(BlockRows, FitTheCacheAndDivideTheBatch) {
  EXPECT_EQ(block_rows(128, 1, {.bytes_of_row = kBytes / 16, .weight_bytes = 1}), 16);
  EXPECT_EQ(block_rows(128, 1, {.bytes_of_row = kBytes / 20, .weight_bytes = 1}), 16);
  EXPECT_EQ(block_rows(120, 1, {.bytes_of_row = kBytes / 16, .weight_bytes = 1}), 15);
  EXPECT_EQ(block_rows(128, 2, {.bytes_of_row = kBytes / 16, .weight_bytes = 1}), 32);
  EXPECT_EQ(block_rows(8, 1, {.bytes_of_row = kBytes / 16, .weight_bytes = 1}), 8);
}

TEST(BlockRows, AreARowOfEachThreadWhereOneDoesNotFit) {
  EXPECT_EQ(block_rows(128, 1, {.bytes_of_row = 3 * kBytes, .weight_bytes = 1}), 1);
  EXPECT_EQ(block_rows(128, 4, {.bytes_of_row = 3 * kBytes, .weight_bytes = 1}), 4);
}

TEST(BlockRows, AreTheBatchWhereNoneNearTheSizeDividesIt) {
  EXPECT_EQ(block_rows(127, 1, {.bytes_of_row = kBytes / 16, .weight_bytes = 1}), 127);
}

TEST(BlockRows, AreTheBatchWhereWeightsAreLarge) {
  EXPECT_EQ(block_rows(128, 1, {.bytes_of_row = kBytes / 16, .weight_bytes = 2 * kBytes}), 128);
}

struct Step {
  StepResult result;
  std::vector<float> gradients, statistics;
};

Step run_step(const Network& network, const ReplicaOptions& options, const Shard& shard) {
  Weights weights(network);
  reference::fill_weights(network, weights);
  const auto replica = make_cpu_replica(network, options);
  replica->load_parameters(weights, 0, weights.parameters().size());
  replica->load_buffers(weights);
  Step step{
      .result = {}, .gradients = std::vector<float>(weights.parameters().size()), .statistics = {}};
  step.result = replica->forward_backward(shard, [&](const GradientBucket& bucket) {
    std::ranges::copy(bucket.values,
                      step.gradients.begin() + static_cast<std::ptrdiff_t>(bucket.begin));
  });
  step.statistics.assign(replica->buffers().begin(), replica->buffers().end());
  return step;
}

double distance(const std::vector<float>& a, const std::vector<float>& b) {
  double difference = 0, size = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const auto x = static_cast<double>(a[i]), y = static_cast<double>(b[i]);
    difference += (x - y) * (x - y);
    size += y * y;
  }
  return std::sqrt(difference / size);
}

// The same images again and again have the mean gradient, and all but the statistics' n / (n - 1),
// of the images once.
class Blocks : public testing::TestWithParam<Precision> {
 protected:
  static constexpr std::size_t kRows = 3;  // that do not divide blocks, so that no two are equal

  void expect_same(const Network& network, std::size_t times, double statistics_apart) {
    const Precision precision = cpu_precision(GetParam());
    const double close = precision == Precision::kFloat32 ? 1e-4 : 0.02;
    const auto once = reference::batch(1, kRows, network);
    std::vector<float> images;
    std::vector<int> labels;
    for (std::size_t i = 0; i < times; ++i) {
      images.insert(images.end(), once.images.begin(), once.images.end());
      labels.insert(labels.end(), once.labels.begin(), once.labels.end());
    }
    for (const int threads : {1, 3}) {
      const Step few =
          run_step(network, {.rows = kRows, .threads = threads, .precision = precision},
                   {.images = once.images.data(), .labels = once.labels, .rows = kRows});
      const Step many =
          run_step(network, {.rows = times * kRows, .threads = threads, .precision = precision},
                   {.images = images.data(), .labels = labels, .rows = times * kRows});
      EXPECT_NEAR(many.result.loss_sum, static_cast<double>(times) * few.result.loss_sum,
                  close * many.result.loss_sum);
      EXPECT_LT(distance(many.gradients, few.gradients), close);
      EXPECT_LT(distance(many.statistics, few.statistics), statistics_apart);
    }
  }
};

TEST_P(Blocks, OfRepeatedImagesGiveWhatTheImagesGive) {
  expect_same(resnet(20, {3, 32, 32}, 10), 16, 1e-3);  // 192 pixels at least
}

TEST_P(Blocks, GoThroughPooling) {
  expect_same(resnet(18, {3, 64, 64}, 10), 3, 0.2);  // 12 pixels at least
}

// A convolution's output that others than the norm behind it read, and a norm that two groups read.
TEST_P(Blocks, KeepWhatSeveralLayersRead) {
  NetworkBuilder builder("branches", {16, 32, 32}, 10);
  const Window three{.kernel = 3, .stride = 1, .padding = 1};
  const int a = builder.convolution("a", 0, 16, three);
  const int b = builder.relu("b", builder.norm("b_norm", a));
  const int c = builder.norm("c_norm", builder.convolution("c", b, 16, three));
  const int d = builder.norm("d_norm", builder.convolution("d", c, 16, three));
  const int e = builder.add("e", builder.add("ab", builder.add("bc", c, b), a), d);
  builder.linear("fc", builder.flatten("flat", builder.global_average_pool("pool", e)), 10);
  expect_same(std::move(builder).finish(), 16, 1e-3);
}

TEST_P(Blocks, KeepANormThatGivesTheLogits) {
  NetworkBuilder builder("normed", {3, 4, 4}, 1000);
  builder.norm("norm", builder.linear("fc", builder.flatten("flat", 0), 1000));
  expect_same(std::move(builder).finish(), 43, 0.5);  // 3 values
}

INSTANTIATE_TEST_SUITE_P(Precision, Blocks,
                         testing::Values(Precision::kFloat32, Precision::kBfloat16));

}  // namespace
}  // namespace forebay
