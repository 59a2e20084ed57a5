#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <forebay/graph/error.hpp>
#include <forebay/nodes/cuda/cuda_replica.hpp>
#include <forebay/nodes/network/weights.hpp>
#include <forebay/nodes/random.hpp>
#include <support/error_of.hpp>

#include "../cpu/every_layer.hpp"
#include "every_order.hpp"
#include "host_convolver.hpp"
#include "host_device.hpp"
#include "samples.hpp"

namespace forebay::cuda {
namespace {

constexpr std::size_t kRows = 3, kSteps = 6;  // two call by call, two captured, two from that
double rate(std::size_t step) { return 0.05 / static_cast<double>(1 + step); }

Samples samples_of(const Network& network, std::uint64_t step, std::size_t rows = kRows) {
  return random_samples(network, rows, Random(7, step));
}

/// What training has made, and told on the way.
struct Trained {
  std::vector<double> losses;
  std::vector<int> buckets;
  std::vector<float> parameters, velocity, statistics;

  friend bool operator==(const Trained&, const Trained&) = default;
};

class GpuReplica : public testing::Test {
 protected:
  ~GpuReplica() override {
    set_host_order(HostOrder::kAtOnce);
    limit_host_capture(kNoLimit);
  }

  std::unique_ptr<CudaReplica> make(Precision precision = Precision::kFloat32,
                                    HostFusions fusions = HostFusions::kNone) const {
    const CudaReplicaOptions options{.replica = {.rows = kRows,
                                                 .label_smoothing = 0.1F,
                                                 .bucket_bytes = 4000,
                                                 .precision = precision,
                                                 .images = images_},
                                     .sgd = sgd_,
                                     .gpu = {0, "test"},
                                     .loss_scale = loss_scale_,
                                     .tell = tell_};
    return std::make_unique<CudaReplica>(network_, options,
                                         std::make_unique<HostConvolver>(fusions));
  }

  void load(Replica& replica, const Weights& weights) const {
    replica.load_parameters(weights, 0, weights.parameters().size());
    replica.load_buffers(weights);
  }

  Weights initial() const {
    Weights weights(network_);
    weights.initialise(1);
    return weights;
  }

  /// Steps [begin, end), each staged while the one before runs.
  void train(CudaReplica& replica, std::size_t begin, std::size_t end, Trained& out) const {
    OnDevice& device = *replica.on_device();
    std::vector<Samples> samples;
    for (std::size_t i = begin; i < end; ++i) samples.push_back(make_samples_(i));
    device.begin_run();
    for (std::size_t i = 0; i < samples.size(); ++i) {
      if (i == 0) device.stage(samples[0].shard());
      const StepResult result =
          replica.forward_backward(samples[i].shard(), [&](const GradientBucket& bucket) {
            if (bucket.index == 0 && i + 1 < samples.size()) device.stage(samples[i + 1].shard());
            EXPECT_TRUE(bucket.values.empty());  // it stays on the GPU
            device.update(bucket, rate(begin + i));
            out.buckets.push_back(bucket.index);
          });
      out.losses.push_back(result.loss_sum);
    }
  }

  void read(CudaReplica& replica, Trained& out) const {
    const Weights sizes(network_);
    out.parameters.resize(sizes.parameters().size());
    out.velocity.resize(sizes.parameters().size());
    replica.on_device()->read(out.parameters, out.velocity);
    out.statistics.assign(replica.buffers().begin(), replica.buffers().end());
  }

  Trained trained(Precision precision = Precision::kFloat32,
                  HostFusions fusions = HostFusions::kNone) const {
    const auto replica = make(precision, fusions);
    load(*replica, initial());
    Trained result;
    train(*replica, 0, kSteps, result);
    read(*replica, result);
    return result;
  }

  Trained trained_on_cpu() const {
    Weights weights = initial();
    Sgd sgd(network_, sgd_);
    const auto replica =
        make_cpu_replica(network_, {.rows = kRows, .label_smoothing = 0.1F, .bucket_bytes = 4000});
    load(*replica, weights);
    Trained result;
    for (std::size_t i = 0; i < kSteps; ++i) {
      const Samples samples = samples_of(network_, i);
      const StepResult step =
          replica->forward_backward(samples.shard(), [&](const GradientBucket& bucket) {
            sgd.update(weights.parameters(), bucket.begin, bucket.values, rate(i));
            result.buckets.push_back(bucket.index);
          });
      load(*replica, weights_with(weights, replica->buffers()));
      result.losses.push_back(step.loss_sum);
    }
    result.parameters.assign(weights.parameters().begin(), weights.parameters().end());
    result.velocity.assign(sgd.velocity().begin(), sgd.velocity().end());
    result.statistics.assign(replica->buffers().begin(), replica->buffers().end());
    return result;
  }

  static Weights weights_with(Weights weights, std::span<const float> buffers) {
    std::ranges::copy(buffers, weights.buffers().begin());
    return weights;
  }

  Network network_ = reference::every_gpu_layer();
  ImageInput images_ = {};
  SgdOptions sgd_{.momentum = 0.9, .weight_decay = 1e-3, .no_bias_decay = true};
  float loss_scale_ = 65536;
  std::function<void(const std::string&)> tell_ = {};
  std::function<Samples(std::size_t)> make_samples_ = [this](std::size_t step) {
    return samples_of(network_, step);
  };
};

TEST_F(GpuReplica, TrainsAsTheCpuDoes) {
  const Trained got = trained(), expected = trained_on_cpu();
  EXPECT_EQ(got.buckets, expected.buckets);
  EXPECT_GT(got.buckets.size(), 3 * kSteps);
  for (std::size_t i = 0; i < kSteps; ++i) EXPECT_NEAR(got.losses[i], expected.losses[i], 1e-4);
  expect_near(got.parameters, expected.parameters);
  expect_near(got.velocity, expected.velocity);
  expect_near(got.statistics, expected.statistics);
}

/// Images of the same pixels, as such or normalised by the CPU.
class GpuReplicaOfPixels : public GpuReplica {
 protected:
  GpuReplicaOfPixels() { network_ = reference::bottleneck(); }

  Samples pixels(std::uint64_t step, std::size_t rows = kRows) const {
    Samples samples = samples_of(network_, step, rows);
    Random random(8, step);
    for (std::size_t i = 0; i < samples.images.size(); ++i) {
      samples.pixels.push_back(static_cast<std::uint8_t>(random.below(256)));
    }
    return samples;
  }

  Samples normalised(std::uint64_t step, std::size_t rows = kRows) const {
    Samples samples = pixels(step, rows);
    normalise(samples.pixels, network_.input().width, samples.images.data());
    samples.pixels.clear();
    return samples;
  }

  void take_pixels() {
    images_ = kPixelInput;
    make_samples_ = [this](std::size_t step) { return pixels(step); };
  }
};

TEST_F(GpuReplicaOfPixels, TrainsWithTheBitsOfWhatTheCpuNormalises) {
  constexpr Precision kAll[] = {Precision::kFloat32, Precision::kBfloat16, Precision::kFloat16};
  std::vector<Trained> expected;
  make_samples_ = [this](std::size_t step) { return normalised(step); };
  for (const Precision precision : kAll) expected.push_back(trained(precision));
  take_pixels();
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(same_in_every_order(3, [&] { return trained(kAll[i]); }), expected[i]);
  }
}

TEST_F(GpuReplicaOfPixels, EvaluatesWithTheBitsOfWhatTheCpuNormalises) {
  const auto of_values = make();
  take_pixels();
  const auto of_pixels = make();
  load(*of_values, initial());
  load(*of_pixels, initial());
  std::vector<float> got((kRows - 1) * 5), expected((kRows - 1) * 5);
  of_pixels->evaluate(pixels(0, kRows - 1).shard(), got);
  of_values->evaluate(normalised(0, kRows - 1).shard(), expected);
  EXPECT_EQ(got, expected);
}

TEST_F(GpuReplicaOfPixels, TakesAQuarterOfTheMemoryForThem) {
  const std::size_t of_values = make()->memory_bytes();
  take_pixels();
  const auto saved = static_cast<double>(of_values - make()->memory_bytes());
  EXPECT_NEAR(saved, 2 * kRows * 3 * 9 * 9 * 3, 2 * 256);  // of both buffers, placed in lines
}

TEST_F(GpuReplicaOfPixels, RefusesImagesOfAnotherType) {
  const auto error = [](Replica& replica, const Samples& samples) {
    return test::error_of([&] { replica.forward_backward(samples.shard(), {}); });
  };
  const auto of_values = make();
  const auto cpu = make_cpu_replica(network_, {.rows = kRows});
  const char* const refusal =
      "bottleneck: cannot train images of another type than float32, which the replica takes";
  EXPECT_EQ(error(*of_values, pixels(0)), refusal);
  EXPECT_EQ(error(*cpu, pixels(0)), refusal);
  take_pixels();
  EXPECT_EQ(error(*make(), normalised(0)),
            "bottleneck: cannot train images of another type than uint8, which the replica takes");
}

TEST_F(GpuReplica, GivesTheSameBitsInWhateverOrderItsStreamsRun) {
  for (const Precision precision :
       {Precision::kFloat32, Precision::kBfloat16, Precision::kFloat16}) {
    same_in_every_order(10, [&] { return trained(precision); });
  }
}

TEST_F(GpuReplica, GivesTheSameBitsInWhateverOrderWithFusedNorms) {
  const Trained fused =
      same_in_every_order(10, [this] { return trained(Precision::kFloat16, HostFusions::kAll); });
  EXPECT_NE(fused, trained(Precision::kFloat16));
}

// Gradients that overflow change nothing and halve the scale, until they do not.
TEST_F(GpuReplica, FindsItsLossScaleInFloat16) {
  CudaReplicaOptions options{.replica = {.rows = kRows, .precision = Precision::kFloat16},
                             .sgd = sgd_,
                             .gpu = {0, "test"}};
  options.loss_scale = 1 << 20;
  CudaReplica replica(network_, options, std::make_unique<HostConvolver>());
  load(replica, initial());
  Trained first, last;
  train(replica, 0, 1, first);
  read(replica, first);
  const Weights weights = initial();
  EXPECT_TRUE(std::ranges::equal(first.parameters, weights.parameters()));
  EXPECT_TRUE(std::ranges::all_of(first.velocity, [](float v) { return v == 0; }));
  train(replica, 1, 12, last);
  read(replica, last);
  EXPECT_FALSE(std::ranges::equal(last.parameters, weights.parameters()));
  EXPECT_TRUE(std::ranges::all_of(last.parameters, [](float w) { return std::isfinite(w); }));
}

TEST(LossScaleKernel, HalvesWhereAGradientOverflowedAndDoublesWhereNoneDid) {
  LossScale scale{.scale = 8, .inverse = 1.0F / 8, .overflowed = 1, .good_steps = 5};
  const AdjustLossScale adjust{&scale};
  adjust(0);
  EXPECT_EQ(scale.scale, 4);
  EXPECT_EQ(scale.inverse, 0.25F);
  EXPECT_EQ(scale.overflowed, 0);
  for (int step = 0; step < 1999; ++step) adjust(0);
  EXPECT_EQ(scale.scale, 4);
  adjust(0);
  EXPECT_EQ(scale.scale, 8);
  const float infinite = std::numeric_limits<float>::infinity(), fine = 1;
  FindOverflow{&fine, &scale}(0);
  EXPECT_EQ(scale.overflowed, 0);
  FindOverflow{&infinite, &scale}(0);
  EXPECT_EQ(scale.overflowed, 1);
}

/// Steps before and behind the validation of fewer rows.
class GpuReplicaCaptured : public GpuReplica {
 protected:
  Trained trained_and_validated(Precision precision, HostFusions fusions) const {
    const auto replica = make(precision, fusions);
    load(*replica, initial());
    Trained result;
    train(*replica, 0, 5, result);
    for (std::size_t i = 0; i < 4; ++i) {
      const Samples samples = samples_of(network_, 100 + i, i == 2 ? kRows - 1 : kRows);
      result.losses.push_back(replica->evaluate(samples.shard(), {}).loss_sum);
    }
    train(*replica, 5, 10, result);
    read(*replica, result);
    return result;
  }

  /// Calls that each bucket's update takes, of a step.
  std::vector<std::size_t> calls_of_updates(CudaReplica& replica) const {
    std::vector<std::size_t> calls;
    replica.forward_backward(samples_of(network_, 0).shard(), [&](const GradientBucket& bucket) {
      const std::size_t before = host_calls();
      replica.on_device()->update(bucket, 0.1);
      calls.push_back(host_calls() - before);
    });
    return calls;
  }

  std::size_t calls_of_validation(CudaReplica& replica, std::size_t rows) const {
    const Samples samples = samples_of(network_, 0, rows);
    const std::size_t before = host_calls();
    replica.evaluate(samples.shard(), {});
    return host_calls() - before;
  }

  /// Calls that a step takes beside those for its rows and its updates.
  std::size_t calls_of_step(CudaReplica& replica) const {
    const Samples samples = samples_of(network_, 0);
    replica.on_device()->stage(samples.shard());
    const std::size_t before = host_calls();
    replica.forward_backward(samples.shard(), {});
    return host_calls() - before;
  }
};

TEST_F(GpuReplicaCaptured, HasTheBitsOfCallByCall) {
  loss_scale_ = 1 << 20;  // which float16 halves on the way
  for (const auto& [precision, fusions] : {std::pair{Precision::kFloat32, HostFusions::kNone},
                                           std::pair{Precision::kFloat16, HostFusions::kNone},
                                           std::pair{Precision::kFloat16, HostFusions::kAll}}) {
    const auto train = [&, precision = precision, fusions = fusions] {
      return trained_and_validated(precision, fusions);
    };
    limit_host_capture(0);
    const Trained expected = train();
    limit_host_capture(kNoLimit);
    EXPECT_EQ(same_in_every_order(3, train), expected);
  }
}

TEST_F(GpuReplicaCaptured, HasTheBitsOfCallByCallWithLars) {
  sgd_.kind = SgdKind::kLars;
  sgd_.eta = 1;
  for (const Precision precision : {Precision::kFloat32, Precision::kFloat16}) {
    const auto train = [&] { return trained_and_validated(precision, HostFusions::kNone); };
    limit_host_capture(0);
    const Trained expected = train();
    limit_host_capture(kNoLimit);
    EXPECT_EQ(same_in_every_order(3, train), expected);
  }
}

TEST_F(GpuReplicaCaptured, IsOneCallForEachBucketAndALittle) {
  const auto replica = make();
  load(*replica, initial());
  const std::size_t buckets = replica->buckets().size();
  for (int step = 0; step < 2; ++step) EXPECT_GT(calls_of_step(*replica), 60 + buckets);
  for (int step = 2; step < 4; ++step) calls_of_step(*replica);
  // The waits for the rows and for the updates, the loss, and of each bucket its event.
  for (int step = 4; step < 8; ++step) EXPECT_EQ(calls_of_step(*replica), 3 + 2 * buckets);
}

TEST_F(GpuReplicaCaptured, FindsTrustRatiosByThreeCallsForEachBucket) {
  const auto calls = [this] {
    const auto replica = make();
    load(*replica, initial());
    return calls_of_updates(*replica);
  };
  const std::vector<std::size_t> plain = calls();
  sgd_.kind = SgdKind::kLars;
  const std::vector<std::size_t> lars = calls();
  for (std::size_t i = 0; i < plain.size(); ++i) EXPECT_EQ(lars[i], plain[i] + 3);
}

TEST_F(GpuReplicaCaptured, UpdatesWeightsByOneCallForEachBucket) {
  const auto replica = make();
  load(*replica, initial());
  EXPECT_GT(calls_of_updates(*replica)[1], 3u);
  calls_of_updates(*replica);
  const std::vector<std::size_t> calls = calls_of_updates(*replica);
  EXPECT_EQ(calls[0], 4u);  // a wait, the rate, the update, its event
  for (std::size_t i = 1; i < calls.size(); ++i) EXPECT_EQ(calls[i], 3u);
  const auto scaled = make(Precision::kFloat16);
  load(*scaled, initial());
  for (int step = 0; step < 2; ++step) calls_of_updates(*scaled);
  EXPECT_EQ(calls_of_updates(*scaled).back(), 3u);
}

TEST_F(GpuReplicaCaptured, ValidatesAllRowsByOneCall) {
  const auto replica = make();
  load(*replica, initial());
  EXPECT_GT(calls_of_validation(*replica, kRows), 20u);
  calls_of_validation(*replica, kRows);
  EXPECT_EQ(calls_of_validation(*replica, kRows), 5u);  // two copies, a wait, all, the loss
  EXPECT_GT(calls_of_validation(*replica, kRows - 1), 20u);
}

// Not at all, or not to the end of a stretch.
TEST_F(GpuReplicaCaptured, TellsOnceWhereItCannotBeAndGoesOnCallByCall) {
  const Trained expected = trained();
  for (const std::size_t calls : {0, 20}) {
    std::vector<std::string> told;
    tell_ = [&told](const std::string& why) { told.push_back(why); };
    limit_host_capture(calls);
    EXPECT_EQ(trained(), expected);
    EXPECT_EQ(told, std::vector<std::string>{"the host captures no more calls"});
  }
}

TEST_F(GpuReplica, GoesOnFromWhatItWasReadInto) {
  const Trained whole = trained();
  Trained parts;
  const auto first = make();
  load(*first, initial());
  train(*first, 0, 2, parts);
  read(*first, parts);
  Weights weights = weights_with(initial(), parts.statistics);
  std::ranges::copy(parts.parameters, weights.parameters().begin());
  const auto second = make();
  load(*second, weights);
  second->on_device()->load_velocity(parts.velocity);
  train(*second, 2, kSteps, parts);
  read(*second, parts);
  EXPECT_EQ(parts, whole);
}

TEST_F(GpuReplica, EvaluatesFewerRowsAsTheCpuDoes) {
  set_host_order(HostOrder::kLate);
  const Samples samples = samples_of(network_, 0, kRows - 1);
  const auto gpu = make();
  const auto cpu = make_cpu_replica(network_, {.rows = kRows});
  load(*gpu, initial());
  load(*cpu, initial());
  std::vector<float> got((kRows - 1) * 5), expected((kRows - 1) * 5);
  const StepResult from_gpu = gpu->evaluate(samples.shard(), got);
  const StepResult from_cpu = cpu->evaluate(samples.shard(), expected);
  EXPECT_NEAR(from_gpu.loss_sum, from_cpu.loss_sum, 1e-5);
  EXPECT_EQ(from_gpu.top1, from_cpu.top1);
  EXPECT_EQ(from_gpu.top5, from_cpu.top5);
  EXPECT_EQ(from_gpu.rows, kRows - 1);
  expect_near(got, expected);
}

TEST_F(GpuReplica, ForgetsBatchesOfStepsThatNeverCame) {
  const Samples left = samples_of(network_, 100);
  const auto replica = make();
  load(*replica, initial());
  replica->on_device()->stage(left.shard());
  Trained got;
  train(*replica, 0, kSteps, got);  // begins a run
  read(*replica, got);
  EXPECT_EQ(got, trained());
}

TEST_F(GpuReplica, HasTwoInputBuffers) {
  const Samples samples = samples_of(network_, 0);
  const auto replica = make();
  replica->on_device()->stage(samples.shard());
  replica->on_device()->stage(samples.shard());
  EXPECT_THROW(replica->on_device()->stage(samples.shard()), std::logic_error);
}

TEST_F(GpuReplica, RefusesRowsItIsNotMadeFor) {
  const Samples samples = samples_of(network_, 0, kRows - 1);
  const auto replica = make();
  try {
    replica->forward_backward(samples.shard(), {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(),
                 "every-layer: cannot train 2 rows: the replica was compiled for 3; give as many");
  }
}

// Three is no power of two: gradients that had it once would have other bits.
TEST_F(GpuReplica, LeavesALossScaleAloneWhereItsTypeNeedsNone) {
  const auto replica = make();
  load(*replica, initial());
  replica->on_device()->load_loss_scaling({.scale = 3});
  EXPECT_EQ(replica->on_device()->loss_scaling(), std::nullopt);
  Trained result;
  train(*replica, 0, kSteps, result);
  read(*replica, result);
  EXPECT_EQ(result, trained());
}

}  // namespace
}  // namespace forebay::cuda
