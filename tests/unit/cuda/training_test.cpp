#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <forebay/graph/graph.hpp>
#include <forebay/nodes/checkpoint/checkpoint.hpp>
#include <forebay/nodes/cuda/cuda_replica.hpp>
#include <forebay/nodes/cuda/gpu_mean.hpp>
#include <forebay/nodes/random.hpp>
#include <forebay/nodes/train/trainer.hpp>
#include <support/error_of.hpp>

#include "../cpu/every_layer.hpp"
#include "../reduce/fake_nccl.hpp"
#include "distance.hpp"
#include "every_order.hpp"
#include "host_convolver.hpp"
#include "host_device.hpp"
#include "samples.hpp"

namespace forebay::cuda {
namespace {

using test::error_of;
using testing::StartsWith;
using namespace std::chrono_literals;

constexpr std::size_t kRows = 2, kSteps = 6;  // two call by call, two captured, two from that

/// All that training has changed.
struct Trained {
  std::vector<double> losses;
  std::vector<float> parameters, velocity, statistics;

  friend bool operator==(const Trained&, const Trained&) = default;
};

void expect_same_training(const Trained& got, const Trained& expected) {
  ASSERT_EQ(got.losses.size(), kSteps);
  for (std::size_t i = 0; i < kSteps; ++i) EXPECT_NEAR(got.losses[i], expected.losses[i], 1e-3);
  expect_near(got.parameters, expected.parameters);
  expect_near(got.velocity, expected.velocity);
  expect_near(got.statistics, expected.statistics);
}

auto of_all_reduce(const char* error) {
  return testing::AllOf(StartsWith("all-reduce: "), testing::HasSubstr(error));
}

/// Runs whole training graphs with GPUs whose streams are in the host's memory, or with CPUs.
class GpuTraining : public testing::Test {
 protected:
  ~GpuTraining() override { set_host_order(HostOrder::kAtOnce); }

  using Replicas = std::vector<std::unique_ptr<Replica>>;

  std::unique_ptr<Replica> gpu_replica(
      int number, Averaging averaging,
      std::unique_ptr<Convolver> convolver = std::make_unique<HostConvolver>()) const {
    const CudaReplicaOptions options{
        .replica = {.rows = kRows,
                    .bucket_bytes = 4000,
                    .precision = precision_,
                    .reduce_in = reduce_in_,
                    .images = pixels_ == Pixels::kToGpu ? kPixelInput : ImageInput{}},
        .sgd = sgd_,
        .gpu = {number, "test"},
        .averaging = averaging,
        .loss_scale = loss_scale_,
        .step_limit = step_limit_};
    return std::make_unique<CudaReplica>(network_, options, std::move(convolver));
  }

  /// GPU 0, GPU 1, ...
  Replicas gpu_replicas(std::size_t count, Averaging averaging) const {
    Replicas replicas;
    for (int number = 0; replicas.size() < count; ++number) {
      replicas.push_back(gpu_replica(number, averaging));
    }
    return replicas;
  }

  std::unique_ptr<Trainer> cpus(std::size_t count) const {
    Replicas replicas;
    while (replicas.size() < count) {
      replicas.push_back(make_cpu_replica(network_, {.rows = kRows, .bucket_bytes = 4000}));
    }
    return trainer(std::move(replicas));
  }

  std::unique_ptr<Trainer> gpus(std::size_t count) const {
    return trainer(gpu_replicas(count, count > 1 ? Averaging::kHost : Averaging::kNone));
  }

  std::unique_ptr<Trainer> trainer(
      Replicas replicas, std::function<bool()> stop = [] { return false; },
      std::unique_ptr<GradientMean> mean = std::make_unique<HostMean>()) const {
    TrainerOptions options{.sgd = sgd_, .stop = std::move(stop)};
    options.lr = [](std::int64_t step) { return 0.05 / static_cast<double>(1 + step); };
    auto made =
        std::make_unique<Trainer>(network_, std::move(replicas), kRows, options, std::move(mean));
    made->weights().initialise(1);
    made->restore(std::nullopt);
    return made;
  }

  BatchHandle batch(BatchPool& pool, std::size_t number) const {
    Random random(9, number);
    BatchHandle batch = pool.take();
    batch->filled = batch->rows;
    if (pixels_ == Pixels::kNone) {
      std::generate(batch->row(0), batch->row(batch->rows),
                    [&random] { return static_cast<float>(random.normal()); });
    } else {
      put_pixels(random, *batch);
    }
    if (last_half_overflows_)
      std::fill(batch->row(batch->rows / 2), batch->row(batch->rows), 1e30F);
    for (int& label : batch->labels) label = static_cast<int>(random.below(5));
    return batch;
  }

  void put_pixels(Random& random, Batch& batch) const {
    std::vector<std::uint8_t> pixels(batch.rows * batch.row_values());
    for (std::uint8_t& pixel : pixels) pixel = static_cast<std::uint8_t>(random.below(256));
    if (pixels_ == Pixels::kToGpu) {
      std::ranges::copy(pixels, batch.row<std::uint8_t>(0));
    } else {
      normalise(pixels, batch.shape.width, batch.row(0));
    }
  }

  /// From the trainer's next step up to `end`.
  void run(Trainer& trainer, std::size_t end, Trained& out) const {
    const bool pixels = pixels_ == Pixels::kToGpu;
    BatchPool pool(trainer.batch_size(), network_.input(),
                   {.type = pixels ? SampleType::kUint8 : SampleType::kFloat32});
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

  /// In two parts, the second by other GPUs from the checkpoint of the first, which is taken away.
  Trained trained_in_parts(const std::string& name) const {
    const std::string stem = testing::TempDir() + name;
    Trained parts;
    {
      const auto first = gpus(2);
      run(*first, 2, parts);
      TrainingState state;
      state.loss_scaling = first->loss_scaling();
      save_checkpoint(stem, network_, first->weights(), first->sgd().velocity(),
                      first->replica_buffers(), state);
    }
    const auto second = gpus(2);
    const Checkpoint saved = load_checkpoint(stem, network_, second->weights());
    std::ranges::copy(saved.velocity, second->sgd().velocity().begin());
    forebay::Step last;
    last.number = 1;
    second->restore(last, saved.replica_buffers, saved.state.loss_scaling);
    run(*second, kSteps, parts);
    remove_checkpoint(stem);
    return parts;
  }

  /// What batches have instead of noise, and who normalises them.
  enum class Pixels { kNone, kToCpu, kToGpu };

  Pixels pixels_ = Pixels::kNone;
  SgdOptions sgd_{.momentum = 0.9, .weight_decay = 1e-3};
  Precision precision_ = Precision::kFloat32, reduce_in_ = Precision::kFloat32;
  float loss_scale_ = 1 << 20;  // too much: float16 halves it at the first step
  std::chrono::milliseconds step_limit_ = 20s;
  bool last_half_overflows_ = false;  // of each batch, in float16
  Network network_ = reference::every_gpu_layer();
};

TEST_F(GpuTraining, FromPixelsHasTheBitsOfWhatTheCpuNormalises) {
  network_ = reference::bottleneck();
  for (const std::size_t count : {1, 2}) {
    pixels_ = Pixels::kToCpu;
    const Trained expected = trained(*gpus(count));
    expect_same_training(expected, trained(*cpus(count)));
    pixels_ = Pixels::kToGpu;
    EXPECT_EQ(same_in_every_order(3, [&] { return trained(*gpus(count)); }), expected);
  }
}

TEST_F(GpuTraining, IsTheCpusWithOneGpuAndWithTwo) {
  for (const std::size_t count : {1, 2}) {
    const Trained got = trained(*gpus(count));
    expect_same_training(got, trained(*cpus(count)));
  }
}

TEST_F(GpuTraining, IsTheCpusWithNesterovsMomentum) {
  const Trained plain = trained(*gpus(1));
  sgd_.kind = SgdKind::kNesterov;
  const Trained got = trained(*gpus(1));
  EXPECT_GT(distance(got.parameters, plain.parameters), 0.001);
  expect_same_training(got, trained(*cpus(1)));
}

/// By LARS, with steps as large as SGD's.
class GpuTrainingByLars : public GpuTraining {
 protected:
  GpuTrainingByLars() { sgd_ = kLars; }

  static constexpr SgdOptions kLars{
      .momentum = 0.9, .weight_decay = 1e-3, .kind = SgdKind::kLars, .eta = 1};
};

TEST_F(GpuTrainingByLars, IsTheCpusWithOneGpuAndWithTwo) {
  for (const std::size_t count : {1, 2}) {
    const Trained got = same_in_every_order(3, [&] { return trained(*gpus(count)); });
    expect_same_training(got, trained(*cpus(count)));
    sgd_.kind = SgdKind::kPlain;
    EXPECT_GT(distance(got.parameters, trained(*gpus(count)).parameters), 0.01);
    sgd_ = kLars;
  }
}

TEST_F(GpuTrainingByLars, GoesOnFromItsCheckpointBitForBit) {
  EXPECT_EQ(trained_in_parts("gpu-training-lars"), trained(*gpus(2)));
}

// Its ratios are of gradients without the loss scale, and what overflows changes nothing.
TEST_F(GpuTrainingByLars, InFloat16IsNearThatInFloat32) {
  const Trained expected = trained(*gpus(1));
  precision_ = Precision::kFloat16;
  loss_scale_ = 256;  // with which none overflows
  EXPECT_LT(distance(trained(*gpus(1)).parameters, expected.parameters), 0.01);
  loss_scale_ = 1 << 24;
  const auto overflowing = gpus(1);
  Trained out;
  run(*overflowing, 1, out);
  EXPECT_TRUE(std::ranges::equal(out.parameters, gpus(1)->weights().parameters()));
  EXPECT_TRUE(std::ranges::all_of(out.velocity, [](float value) { return value == 0; }));
}

// Beside the ratios, a table of stretches and their sums: 300 bytes for each.
TEST_F(GpuTrainingByLars, TakesMemoryForItsRatios) {
  const auto bytes = [this](SgdKind kind) {
    sgd_.kind = kind;
    return gpu_replicas(1, Averaging::kNone)[0]->memory_bytes();
  };
  const std::size_t plain = bytes(SgdKind::kPlain), with_ratios = bytes(SgdKind::kLars);
  EXPECT_EQ(bytes(SgdKind::kNesterov), plain);
  EXPECT_GT(with_ratios, plain);
  EXPECT_LT(with_ratios, plain + 300 * network_.parameters.size() + 5 * 256);
}

TEST_F(GpuTraining, HasTheSameBitsInWhateverOrderStreamsRun) {
  for (const std::size_t count : {1, 2}) {
    same_in_every_order(5, [&] { return trained(*gpus(count)); });
  }
}

TEST_F(GpuTraining, GoesOnFromItsCheckpointBitForBit) {
  EXPECT_EQ(trained_in_parts("gpu-training"), trained(*gpus(2)));
  EXPECT_EQ(gpus(1)->loss_scaling(), std::nullopt);
}

// Where the second part began with the first scale, its first steps would change nothing.
TEST_F(GpuTraining, GoesOnWithTheLossScaleOfFloat16) {
  precision_ = Precision::kFloat16;
  EXPECT_EQ(trained_in_parts("gpu-training-float16"), trained(*gpus(2)));
  const auto trainer = gpus(1);
  EXPECT_EQ(trainer->loss_scaling()->scale, 1 << 20);
  Trained out;
  run(*trainer, kSteps, out);
  const LossScaling found = *trainer->loss_scaling();
  EXPECT_LT(found.scale, 1 << 20);
  EXPECT_GT(found.good_steps, 0);
  EXPECT_LT(found.good_steps, static_cast<std::int64_t>(kSteps));
}

// The batches on their way to the GPU are given again.
TEST_F(GpuTraining, GoesOnAfterItWasStopped) {
  const Trained whole = trained(*gpus(1));
  int asked = 0;
  const auto stopped =
      trainer(gpu_replicas(1, Averaging::kNone), [&asked] { return ++asked == 2; });
  Trained parts;
  run(*stopped, kSteps, parts);
  EXPECT_TRUE(stopped->stopped());
  EXPECT_EQ(stopped->next_step(), 2);
  run(*stopped, kSteps, parts);
  EXPECT_EQ(parts.parameters, whole.parameters);
  EXPECT_EQ(parts.velocity, whole.velocity);
  EXPECT_EQ(parts.statistics, whole.statistics);
}

/// Of a GPU that hangs in its first convolution, until it is released.
class HangingConvolver final : public Convolver {
 public:
  explicit HangingConvolver(const std::atomic<bool>& released) : released_(released) {}

  std::string why_not_fused(const Convolution& convolution, Fusion fusion,
                            ValueType type) override {
    return host_.why_not_fused(convolution, fusion, type);
  }
  std::size_t workspace_bytes(const Convolution& convolution, ConvolutionGraph graph,
                              ValueType type) override {
    return host_.workspace_bytes(convolution, graph, type);
  }
  void run(const Convolution& convolution, ConvolutionGraph graph, ValueType type,
           const ConvolutionArrays& arrays, cudaStream_t stream) override {
    hold_on_host(stream, [this] { return released_.load(); });
    host_.run(convolution, graph, type, arrays, stream);
  }

 private:
  HostConvolver host_;
  const std::atomic<bool>& released_;
};

TEST_F(GpuTraining, EndsTheRunWhereOneHangsInItsStep) {
  set_host_order(HostOrder::kLate);
  step_limit_ = 100ms;
  std::atomic<bool> released = false;
  Replicas replicas = gpu_replicas(1, Averaging::kHost);
  replicas.push_back(
      gpu_replica(1, Averaging::kHost, std::make_unique<HangingConvolver>(released)));
  const auto hanging = trainer(std::move(replicas));
  EXPECT_EQ(
      error_of([&] { trained(*hanging); }),
      "forward-backward[1]: item 0: GPU 1 (test) does not end its work within 0.1 s; see what "
      "nvidia-smi and the kernel's log (dmesg, Xid) say of it, and go on from the last "
      "checkpoint");
  released = true;  // or its stream would not end
}

// `train_imagenet --host-memory` counts on it.
TEST_F(GpuTraining, HoldsThreeBatchesAtMostBesidesThoseThatWait) {
  constexpr std::size_t kWaiting = 4, kBatches = 40;
  const auto trainer = gpus(1);
  BatchPool pool(trainer->batch_size(), network_.input());
  Graph graph("train", {.threads = 3});
  std::size_t next = 0;
  const auto source = graph.source("batches", NodeSettings{}, [&]() -> std::optional<BatchHandle> {
    if (next == kBatches) return std::nullopt;
    return batch(pool, next++);
  });
  source >> trainer->train(graph) >> graph.sink("log", [](const forebay::Step&) {});
  for (const char* node : {"room", "step"}) {
    graph.set(std::string(node) + ".queue", std::to_string(kWaiting));
  }
  graph.run();
  EXPECT_GT(pool.allocated(), kWaiting);
  EXPECT_LE(pool.allocated(), kWaiting + 3);
}

/// With the library in NCCL's place, on the GPUs' streams in the host's memory.
class GpusOfNccl : public GpuTraining {
 protected:
  GpusOfNccl() {
    fake_.meet = [](std::span<void* const> streams, std::function<void()> work) {
      std::vector<cudaStream_t> all;
      for (void* stream : streams) all.push_back(static_cast<cudaStream_t>(stream));
      meet_on_host(all, std::move(work));
    };
    fake_.hold = [](void* stream, std::function<bool()> until) {
      hold_on_host(static_cast<cudaStream_t>(stream), std::move(until));
    };
  }

  std::unique_ptr<Trainer> with_nccl(std::size_t count, std::chrono::milliseconds deadline = 20s) {
    Replicas replicas = gpu_replicas(count, Averaging::kGpus);
    on_gpus_.clear();
    for (const auto& replica : replicas) {
      on_gpus_.push_back(dynamic_cast<CudaReplica*>(replica.get()));
    }
    auto mean = std::make_unique<GpuMean>(
        on_gpus_, NcclOptions{.deadline = deadline, .poll = 1ms, .library = FOREBAY_FAKE_NCCL});
    return trainer(
        std::move(replicas), [] { return false; }, std::move(mean));
  }

  FakeNccl fake_;
  FakeNcclLibrary library_{FOREBAY_FAKE_NCCL, fake_};
  std::vector<CudaReplica*> on_gpus_;  // of the last `with_nccl`
};

TEST_F(GpusOfNccl, TrainAsWithTheHostsMeanAndAsTheCpus) {
  for (const std::size_t count : {2, 3}) {
    const Trained got = trained(*with_nccl(count)), host = trained(*gpus(count));
    if (count == 2) {
      EXPECT_EQ(got, host);  // a half is exact, a third is not
    }
    expect_same_training(got, host);
    expect_same_training(got, trained(*cpus(count)));
  }
  EXPECT_EQ(fake_.destroyed, 5);
  EXPECT_EQ(fake_.aborted, 0);
}

TEST_F(GpusOfNccl, TrainInFloat16AsWithTheHostsMean) {
  precision_ = Precision::kFloat16;
  set_host_order(HostOrder::kLate);
  EXPECT_EQ(trained(*with_nccl(2)), trained(*gpus(2)));
}

/// Rounds what each GPU sends, and the mean, as the library in NCCL's place does; NCCL itself also
/// rounds its factor, and sums of parts, where there are more than two.
template <class Value>
class RoundedMean final : public GradientMean {
 public:
  explicit RoundedMean(float scale) : scale_(scale) {}

  GradientBucket mean(std::span<const GradientBucket> parts) override {
    for (std::size_t i = 0; i < parts[0].values.size(); ++i) {
      float sum = 0;
      for (const GradientBucket& part : parts) sum += rounded(scale_ * part.values[i]);
      parts[0].values[i] = rounded(sum / static_cast<float>(parts.size())) / scale_;
    }
    return parts[0];
  }

 private:
  static float rounded(float value) { return to_float(from_float<Value>(value)); }

  float scale_;
};

TEST_F(GpusOfNccl, AverageInBfloat16AsIfRoundedByHand) {
  const Trained exact = trained(*with_nccl(2));
  for (const std::size_t count : {2, 3}) {
    reduce_in_ = Precision::kBfloat16;
    const Trained got = same_in_every_order(3, [&] { return trained(*with_nccl(count)); });
    EXPECT_NE(got, exact);
    reduce_in_ = Precision::kFloat32;
    EXPECT_EQ(got, trained(*trainer(
                       gpu_replicas(count, Averaging::kHost), [] { return false; },
                       std::make_unique<RoundedMean<__nv_bfloat16>>(1.0F))));
  }
}

TEST_F(GpusOfNccl, UpdateByLarsFromTheMeanInBfloat16) {
  sgd_.kind = SgdKind::kLars;
  sgd_.eta = 1;
  reduce_in_ = Precision::kBfloat16;
  const Trained got = trained(*with_nccl(2));
  reduce_in_ = Precision::kFloat32;
  EXPECT_EQ(got, trained(*trainer(
                     gpu_replicas(2, Averaging::kHost), [] { return false; },
                     std::make_unique<RoundedMean<__nv_bfloat16>>(1.0F))));
}

TEST_F(GpusOfNccl, AverageInFloat16WithTheLossScale) {
  precision_ = Precision::kFloat16;
  loss_scale_ = 256;  // with which none overflows
  reduce_in_ = Precision::kFloat16;
  const Trained got = same_in_every_order(3, [&] { return trained(*with_nccl(2)); });
  reduce_in_ = Precision::kFloat32;
  EXPECT_EQ(got, trained(*trainer(
                     gpu_replicas(2, Averaging::kHost), [] { return false; },
                     std::make_unique<RoundedMean<__half>>(loss_scale_))));
}

// The gradients of both are finite in float32.
TEST_F(GpusOfNccl, ChangeNoWeightWhereWhatTheySendOverflows) {
  precision_ = reduce_in_ = Precision::kFloat16;
  loss_scale_ = 256;
  const auto trainer = with_nccl(2);
  const std::span<const float> before = trainer->weights().parameters();
  GpuMean mean(on_gpus_, {.library = FOREBAY_FAKE_NCCL});
  const Samples samples = random_samples(network_, kRows, Random(3));
  for (CudaReplica* replica : on_gpus_) {
    replica->forward_backward(samples.shard(), {});
    replica->on_device()->load_loss_scaling({.scale = 1 << 24});
  }
  for (const GradientBucket& bucket : on_gpus_[0]->buckets()) {
    mean.mean(std::vector{bucket, bucket});
    for (CudaReplica* replica : on_gpus_) replica->on_device()->update(bucket, 0.1);
  }
  for (CudaReplica* replica : on_gpus_) {
    std::vector<float> parameters(before.size()), velocity(before.size());
    replica->on_device()->read(parameters, velocity);
    EXPECT_TRUE(std::ranges::equal(parameters, before));
    EXPECT_EQ(replica->on_device()->loss_scaling(), (LossScaling{.scale = 1 << 23}));
  }
}

TEST_F(GpusOfNccl, TakeTwoBytesForEachGradientThatTheySendIn16Bits) {
  const auto bytes = [this] {
    return static_cast<double>(gpu_replicas(1, Averaging::kGpus)[0]->memory_bytes());
  };
  const double in_float32 = bytes();
  reduce_in_ = Precision::kBfloat16;
  const std::size_t parameters = Weights(network_).parameters().size();
  EXPECT_NEAR(bytes() - in_float32, 2 * static_cast<double>(parameters), 256);
}

// GPU 0's own gradients are finite: only their mean tells it to leave its weights alone.
TEST_F(GpusOfNccl, ChangeNoWeightWhereTheGradientsOfOneOverflowInFloat16) {
  precision_ = Precision::kFloat16;
  loss_scale_ = 256;  // with which no other gradient overflows
  last_half_overflows_ = true;
  for (const Precision type : {Precision::kFloat32, Precision::kBfloat16, Precision::kFloat16}) {
    reduce_in_ = type;
    const auto trainer = with_nccl(2);
    const std::vector<float> before(trainer->weights().parameters().begin(),
                                    trainer->weights().parameters().end());
    Trained out;
    run(*trainer, 1, out);
    EXPECT_TRUE(std::isfinite(on_gpus_[0]->buffers()[0]));
    EXPECT_FALSE(std::isfinite(on_gpus_[1]->buffers()[0]));
    for (CudaReplica* replica : on_gpus_) {
      OnDevice& device = *replica->on_device();
      std::vector<float> parameters(before.size()), velocity(before.size());
      device.read(parameters, velocity);
      EXPECT_EQ(parameters, before);
      EXPECT_EQ(device.loss_scaling(), (LossScaling{.scale = 128, .good_steps = 0}));
    }
  }
}

TEST_F(GpusOfNccl, HaveTheSameBitsInWhateverOrderStreamsRun) {
  for (const std::size_t count : {2, 3}) {
    same_in_every_order(5, [&] { return trained(*with_nccl(count)); });
  }
}

TEST_F(GpusOfNccl, EndTheRunWhereOneDoesNotComeToACollective) {
  set_host_order(HostOrder::kLate);
  const auto trainer = with_nccl(3, 100ms);
  hold_on_host(on_gpus_[1]->means().get(), [this] { return fake_.aborted > 0; });
  EXPECT_THAT(error_of([&] { trained(*trainer); }),
              of_all_reduce("GPU 1 (test) has not come to bucket 0 within 0.1 s, so the "
                            "others wait for it; see what nvidia-smi"));
  EXPECT_EQ(fake_.aborted, 3);
}

TEST_F(GpusOfNccl, EndTheRunWhereOneDoesNotEndACollective) {
  set_host_order(HostOrder::kLate);
  fake_.never_ends_at = 2;
  EXPECT_THAT(error_of([&] { trained(*with_nccl(3, 100ms)); }),
              of_all_reduce("GPU 2 (test) does not end bucket 0 within 0.1 s; see what"));
}

TEST_F(GpusOfNccl, EndTheRunWhereOneReportsAnError) {
  set_host_order(HostOrder::kLate);
  fake_.breaks_at = 1;
  EXPECT_THAT(error_of([&] { trained(*with_nccl(2)); }),
              of_all_reduce("GPU 1 (test): NCCL reports unhandled cuda error; see what"));
}

// The last step's means are nobody's to wait for in the graph.
TEST_F(GpusOfNccl, KeepNothingOfALastStepThatFailed) {
  set_host_order(HostOrder::kLate);
  const auto trainer = with_nccl(2);
  Trained out;
  run(*trainer, kSteps - 1, out);
  fake_.breaks_at = 0;
  EXPECT_THAT(error_of([&] { run(*trainer, kSteps, out); }),
              StartsWith("GPU 0 (test): NCCL reports unhandled cuda error; see what"));
}

}  // namespace
}  // namespace forebay::cuda
