#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <forebay/graph/graph.hpp>
#include <forebay/nodes/checkpoint/checkpoint.hpp>
#include <forebay/nodes/cuda/cuda_replica.hpp>
#include <forebay/nodes/random.hpp>
#include <forebay/nodes/train/trainer.hpp>

#include "../cpu/every_layer.hpp"
#include "host_convolver.hpp"
#include "host_device.hpp"
#include "samples.hpp"

namespace forebay::cuda {
namespace {

constexpr std::size_t kRows = 2, kSteps = 5;
constexpr SgdOptions kSgd{.momentum = 0.9, .weight_decay = 1e-3};

/// All that training has changed.
struct Trained {
  std::vector<double> losses;
  std::vector<float> parameters, velocity, statistics;

  friend bool operator==(const Trained&, const Trained&) = default;
};

/// Runs whole training graphs with GPUs whose streams are in the host's memory, or with CPUs.
class GpuTraining : public testing::Test {
 protected:
  ~GpuTraining() override { set_host_order(HostOrder::kAtOnce); }

  using Make = std::function<std::unique_ptr<Replica>(std::size_t count)>;

  std::unique_ptr<Replica> gpu(std::size_t count) const {
    const CudaReplicaOptions options{.replica = {.rows = kRows, .bucket_bytes = 4000},
                                     .sgd = kSgd,
                                     .gpu = {0, "test"},
                                     .averaging = count > 1 ? Averaging::kHost : Averaging::kNone};
    return std::make_unique<CudaReplica>(network_, options, std::make_unique<HostConvolver>());
  }

  std::unique_ptr<Replica> cpu(std::size_t /*count*/) const {
    return make_cpu_replica(network_, {.rows = kRows, .bucket_bytes = 4000});
  }

  std::unique_ptr<Trainer> gpus(std::size_t count) const {
    return trainer(count, [this](std::size_t all) { return gpu(all); });
  }

  std::unique_ptr<Trainer> trainer(
      std::size_t count, const Make& make,
      std::function<bool()> stop = [] { return false; }) const {
    std::vector<std::unique_ptr<Replica>> replicas;
    for (std::size_t i = 0; i < count; ++i) replicas.push_back(make(count));
    TrainerOptions options{.sgd = kSgd, .stop = std::move(stop)};
    options.lr = [](std::int64_t step) { return 0.05 / static_cast<double>(1 + step); };
    auto made = std::make_unique<Trainer>(network_, std::move(replicas), kRows, options);
    made->weights().initialise(1);
    made->restore(std::nullopt);
    return made;
  }

  BatchHandle batch(BatchPool& pool, std::size_t number) const {
    Random random(9, number);
    BatchHandle batch = pool.take();
    batch->filled = batch->rows;
    for (float* value = batch->row(0); value != batch->row(batch->rows); ++value) {
      *value = static_cast<float>(random.normal());
    }
    for (int& label : batch->labels) label = static_cast<int>(random.below(5));
    return batch;
  }

  /// From the trainer's next step up to `end`.
  void run(Trainer& trainer, std::size_t end, Trained& out) const {
    BatchPool pool(trainer.batch_size(), network_.input());
    Graph graph("train", {.threads = 3});
    auto next = static_cast<std::size_t>(trainer.next_step());
    const auto source =
        graph.source("batches", NodeSettings{}, [&]() -> std::optional<BatchHandle> {
          if (next == end) return std::nullopt;
          return batch(pool, next++);
        });
    source >> trainer.train(graph) >> graph.sink("log", [&](const forebay::Step& step) {
      out.losses.push_back(step.result.loss_sum);
    });
    graph.run();
    trainer.collect();
    const auto& weights = trainer.weights();
    out.parameters.assign(weights.parameters().begin(), weights.parameters().end());
    out.velocity.assign(trainer.sgd().velocity().begin(), trainer.sgd().velocity().end());
    out.statistics.assign(weights.buffers().begin(), weights.buffers().end());
  }

  Trained trained(Trainer& trainer) const {
    Trained result;
    run(trainer, kSteps, result);
    return result;
  }

  const Network network_ = reference::every_gpu_layer();
};

TEST_F(GpuTraining, IsTheCpusWithOneGpuAndWithTwo) {
  for (const std::size_t count : {1, 2}) {
    const Trained got = trained(*gpus(count));
    const Trained expected = trained(*trainer(count, [this](std::size_t all) { return cpu(all); }));
    ASSERT_EQ(got.losses.size(), kSteps);
    for (std::size_t i = 0; i < kSteps; ++i) EXPECT_NEAR(got.losses[i], expected.losses[i], 1e-3);
    expect_near(got.parameters, expected.parameters);
    expect_near(got.velocity, expected.velocity);
    expect_near(got.statistics, expected.statistics);
  }
}

TEST_F(GpuTraining, HasTheSameBitsInWhateverOrderStreamsRun) {
  for (const std::size_t count : {1, 2}) {
    set_host_order(HostOrder::kAtOnce);
    const Trained expected = trained(*gpus(count));
    set_host_order(HostOrder::kLate);
    EXPECT_EQ(trained(*gpus(count)), expected);
    for (std::uint64_t seed = 0; seed < 5; ++seed) {
      set_host_order(HostOrder::kRandom, seed);
      EXPECT_EQ(trained(*gpus(count)), expected) << seed;
    }
  }
}

TEST_F(GpuTraining, GoesOnFromItsCheckpointBitForBit) {
  const std::string stem = testing::TempDir() + "gpu-training";
  const Trained whole = trained(*gpus(2));
  Trained parts;
  {
    const auto first = gpus(2);
    run(*first, 2, parts);
    save_checkpoint(stem, network_, first->weights(), first->sgd().velocity(),
                    first->replica_buffers(), {});
  }
  const auto second = gpus(2);
  const Checkpoint saved = load_checkpoint(stem, network_, second->weights());
  EXPECT_EQ(saved.velocity, parts.velocity);
  std::ranges::copy(saved.velocity, second->sgd().velocity().begin());
  forebay::Step last;
  last.number = 1;
  second->restore(last, saved.replica_buffers);
  run(*second, kSteps, parts);
  EXPECT_EQ(parts, whole);
  std::filesystem::remove(model_path(stem));
  std::filesystem::remove(state_path(stem));
}

// The batches on their way to the GPU are given again.
TEST_F(GpuTraining, GoesOnAfterItWasStopped) {
  const Trained whole = trained(*gpus(1));
  int asked = 0;
  const auto stopped = trainer(
      1, [this](std::size_t all) { return gpu(all); }, [&asked] { return ++asked == 2; });
  Trained parts;
  run(*stopped, kSteps, parts);
  EXPECT_TRUE(stopped->stopped());
  EXPECT_EQ(stopped->next_step(), 2);
  run(*stopped, kSteps, parts);
  EXPECT_EQ(parts.parameters, whole.parameters);
  EXPECT_EQ(parts.velocity, whole.velocity);
  EXPECT_EQ(parts.statistics, whole.statistics);
}

}  // namespace
}  // namespace forebay::cuda
