// That buckets are averaged without asking for memory.

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <forebay/nodes/train/trainer.hpp>

#include "../graph/count_new.hpp"

namespace forebay {
namespace {

constexpr std::size_t kRows = 2;
constexpr std::size_t kSteps = 40;

/// The host's, on a thread of the node's own; notes what that thread has allocated so far.
class CountingMean final : public GradientMean {
 public:
  CountingMean(std::vector<std::int64_t>& counts) : counts_(counts) {}

  GradientBucket mean(std::span<const GradientBucket> parts) override {
    counts_.push_back(test::allocations_of_this_thread());
    return host_.mean(parts);
  }
  bool waits() const override { return true; }

 private:
  std::vector<std::int64_t>& counts_;
  HostMean host_;
};

// From one bucket's mean to the next: what the trainer, the mean and the graph's node do.
TEST(TrainerAllocations, AreNoneForTheMeanOfABucket) {
  const Network network = mlp({1, 4, 4}, 4);
  std::vector<std::unique_ptr<Replica>> replicas;
  while (replicas.size() < 2) {
    replicas.push_back(make_cpu_replica(network, {.rows = kRows, .bucket_bytes = 2000}));
  }
  const std::size_t buckets = replicas[0]->buckets().size();
  ASSERT_GT(buckets, 1u);
  std::vector<std::int64_t> counts;
  counts.reserve(kSteps * buckets);
  Trainer trainer(network, std::move(replicas), kRows, {}, std::make_unique<CountingMean>(counts));
  trainer.weights().initialise(1);
  trainer.restore(std::nullopt);
  BatchPool pool(trainer.batch_size(), network.input());
  Graph graph("train", {.threads = 2});
  std::size_t next = 0;
  const auto source = graph.source("batches", NodeSettings{}, [&]() -> std::optional<BatchHandle> {
    if (next++ == kSteps) return std::nullopt;
    BatchHandle batch = pool.take();
    batch->filled = batch->rows;
    return batch;
  });
  source >> trainer.train(graph) >> graph.sink("log", [](const Step&) {});
  graph.run();
  ASSERT_EQ(counts.size(), kSteps * buckets);
  EXPECT_EQ(counts.back(), counts[counts.size() / 2]);
}

}  // namespace
}  // namespace forebay
