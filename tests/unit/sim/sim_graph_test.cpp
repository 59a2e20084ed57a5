// Simulated devices in the graph of training: what is not arithmetic is real.

#include <gtest/gtest.h>

#include <atomic>
#include <vector>

#include <forebay/nodes/train/trainer.hpp>
#include "helpers.hpp"

namespace forebay {
namespace {

using test::small_network;
using test::small_profile;

constexpr std::size_t kDevices = 4, kRows = 8;

// Trains 5 steps from the same weights; waiting takes no time.
std::vector<float> train(std::vector<Step>& steps, std::atomic<int>& waits) {
  const Network network = small_network();
  const SimTime at_once{[] { return 0.0; }, [&](double) { ++waits; }};
  Trainer trainer(network,
                  make_sim_replicas(network, {.rows = kRows, .bucket_bytes = 4096}, small_profile(),
                                    kDevices, at_once),
                  kRows, {.sgd = {.momentum = 0.9, .weight_decay = 0.1}});
  trainer.weights().initialise(7);
  trainer.restore(std::nullopt);
  BatchPool pool(kDevices * kRows, network.input());
  Graph graph("sim");
  const auto source = graph.source("batches", [pool, left = 5]() mutable {
    if (left-- == 0) return std::optional<BatchHandle>();
    BatchHandle batch = pool.take();
    batch->filled = batch->rows;
    return std::optional(batch);
  });
  source >> trainer.train(graph) >>
      graph.sink("steps", NodeSettings{}, [&](const Step& step) { steps.push_back(step); });
  graph.run();
  return {trainer.weights().parameters().begin(), trainer.weights().parameters().end()};
}

TEST(SimGraph, FourDevicesTrainTheSameEveryTime) {
  std::vector<Step> steps;
  std::atomic<int> waits = 0;
  const std::vector<float> first = train(steps, waits);
  ASSERT_EQ(steps.size(), 5u);
  for (const Step& step : steps) EXPECT_EQ(step.result.rows, kDevices * kRows);
  EXPECT_GE(waits, 5 * static_cast<int>(kDevices) * 2);  // two buckets at least
  std::vector<Step> again;
  EXPECT_EQ(train(again, waits), first);
}

// Gradients are zeros, so that the update is real: weight decay alone.
TEST(SimGraph, UpdatesTheWeights) {
  const Network network = small_network();
  Weights untrained(network);
  untrained.initialise(7);
  std::vector<Step> steps;
  std::atomic<int> waits = 0;
  const std::vector<float> trained = train(steps, waits);
  for (std::size_t i = 0; i < trained.size(); ++i) {
    EXPECT_LE(std::abs(trained[i]), std::abs(untrained.parameters()[i]));
  }
  EXPECT_NE(trained[0], untrained.parameters()[0]);
}

}  // namespace
}  // namespace forebay
