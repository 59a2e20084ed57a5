#include <forebay/nodes/cuda/step.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include <forebay/graph/error.hpp>
#include <forebay/nodes/network/weights.hpp>
#include <forebay/nodes/random.hpp>
#include <forebay/nodes/train/replica.hpp>

#include "../cpu/every_layer.hpp"
#include "distance.hpp"
#include "host_convolver.hpp"
#include "samples.hpp"

namespace forebay::cuda {
namespace {

constexpr std::size_t kRows = 3;
constexpr float kSmoothing = 0.1F;

Weights random_weights(const Network& network) {
  Weights weights(network);
  weights.initialise(1);
  Random random(2);
  for (std::size_t i = 0; i < network.parameters.size(); ++i) {  // norms' too
    if (network.parameters[i].shape.size() > 1) continue;
    for (std::size_t at = weights.parameter_offset(i); at < weights.parameter_offset(i + 1); ++at) {
      weights.parameters()[at] += static_cast<float>(random.uniform(-0.3, 0.3));
    }
  }
  return weights;
}

struct Outcome {
  double loss = 0, cross_entropy = 0;
  std::size_t top1 = 0, top5 = 0;
  std::vector<float> gradients, statistics;
};

// A replica of a GPU's but for the GPU: one arena, the ops, steps.
class HostReplica {
 public:
  HostReplica(const Network& network, const StepOptions& options,
              HostFusions fusions = HostFusions::kNone)
      : convolver_(fusions),
        step_(plan_step(network, options, convolver_)),
        memory_(step_.bytes / sizeof(Line), nothing_written()),
        arena_(memory_.front().bytes, step_.planner.plan()) {
    for (const auto& op : step_.ops) op->bind(arena_, step_.planner);
    *scale() = {};
  }

  LossScale* scale() { return arena_.values<LossScale>(step_.shared.loss_scale); }
  std::size_t bytes() const { return step_.bytes; }
  Step& step() { return step_; }

  void load(const Weights& weights) {
    std::ranges::copy(weights.parameters(), arena_.floats(step_.shared.parameters));
    std::ranges::copy(weights.buffers(), arena_.floats(step_.shared.statistics));
    for (const auto& op : step_.ops) op->load({});
  }

  Outcome run(const Samples& samples, Mode mode, const Weights& sizes) {
    const Pass pass{.mode = mode,
                    .images = samples.images.data(),
                    .labels = samples.labels.data(),
                    .rows = kRows};
    for (const auto& op : step_.ops) op->forward(pass);
    if (mode == Mode::kTraining) {
      for (auto op = step_.ops.rbegin(); op != step_.ops.rend(); ++op) (*op)->backward(pass);
    }
    const BatchLoss& loss = *arena_.values<BatchLoss>(step_.loss);
    const float* gradients = arena_.floats(step_.shared.gradients);
    const float* statistics = arena_.floats(step_.shared.statistics);
    return {loss.loss,
            loss.cross_entropy,
            loss.top1,
            loss.top5,
            {gradients, gradients + sizes.parameters().size()},
            {statistics, statistics + sizes.buffers().size()}};
  }

 private:
  struct alignas(256) Line {
    std::byte bytes[256];
  };
  // What is not a number in any type, so that reading what nothing wrote shows.
  static Line nothing_written() {
    Line line;
    std::ranges::fill(line.bytes, std::byte{0xff});
    return line;
  }
  HostConvolver convolver_;
  Step step_;
  std::vector<Line> memory_;
  Arena arena_;
};

Outcome on_cpu(const Network& network, const Samples& samples, const Weights& weights, Mode mode) {
  const auto replica =
      make_cpu_replica(network, {.rows = samples.labels.size(), .label_smoothing = kSmoothing});
  replica->load_parameters(weights, 0, weights.parameters().size());
  replica->load_buffers(weights);
  const Shard shard{samples.images.data(), samples.labels, samples.labels.size()};
  Outcome outcome;
  outcome.gradients.resize(weights.parameters().size());
  const StepResult result =
      mode == Mode::kInference
          ? replica->evaluate(shard)
          : replica->forward_backward(shard, [&outcome](const GradientBucket& bucket) {
              std::ranges::copy(bucket.values, outcome.gradients.begin() +
                                                   static_cast<std::ptrdiff_t>(bucket.begin));
            });
  outcome.loss = result.loss_sum;
  outcome.cross_entropy = result.cross_entropy_sum;
  outcome.top1 = result.top1;
  outcome.top5 = result.top5;
  outcome.statistics.assign(replica->buffers().begin(), replica->buffers().end());
  return outcome;
}

// The distance of two gradients of one parameter, relative to the larger of theirs and a thousandth
// of all gradients' norm.
void expect_gradients(const Network& network, const Weights& weights, const Outcome& got,
                      const Outcome& expected, double tolerance) {
  const double floor = 1e-3 * norm_of(expected.gradients);
  for (std::size_t i = 0; i < network.parameters.size(); ++i) {
    const std::size_t begin = weights.parameter_offset(i), end = weights.parameter_offset(i + 1);
    const auto part = std::span(expected.gradients).subspan(begin, end - begin);
    std::vector<float> difference(part.begin(), part.end());
    for (std::size_t at = 0; at < difference.size(); ++at)
      difference[at] -= got.gradients[begin + at];
    EXPECT_LE(norm_of(difference), tolerance * (norm_of(part) + floor))
        << network.parameters[i].name;
  }
}

struct Tolerance {
  ValueType type;
  double loss, gradients, statistics;
};

void compare_with_cpu(const Network& network, const Tolerance& tolerance, HostFusions fusions) {
  const Samples samples = random_samples(network, kRows, Random(3));
  const Weights weights = random_weights(network);
  HostReplica replica(
      network, {.rows = kRows, .label_smoothing = kSmoothing, .type = tolerance.type}, fusions);
  replica.load(weights);
  for (const Mode mode : {Mode::kInference, Mode::kTraining}) {
    const Outcome expected = on_cpu(network, samples, weights, mode);
    const Outcome got = replica.run(samples, mode, weights);
    EXPECT_NEAR(got.loss, expected.loss, tolerance.loss * expected.loss);
    EXPECT_NEAR(got.cross_entropy, expected.cross_entropy, tolerance.loss * expected.loss);
    if (tolerance.type == ValueType::kFloat32) {
      EXPECT_EQ(got.top1, expected.top1);
      EXPECT_EQ(got.top5, expected.top5);
    }
    for (std::size_t i = 0; i < got.statistics.size(); ++i) {
      EXPECT_NEAR(got.statistics[i], expected.statistics[i],
                  tolerance.statistics * (1 + std::abs(expected.statistics[i])));
    }
    if (mode == Mode::kTraining) {
      expect_gradients(network, weights, got, expected, tolerance.gradients);
    }
  }
  EXPECT_EQ(replica.scale()->overflowed, 0);
}

// The 16-bit types round each activation to 11 or 8 bits, and gradients grow in depth.
constexpr Tolerance kFloat32{ValueType::kFloat32, 1e-5, 1e-3, 1e-5};
constexpr Tolerance kFloat16{ValueType::kFloat16, 5e-3, 5e-2, 2e-3};
constexpr Tolerance kBfloat16{ValueType::kBfloat16, 3e-2, 3e-1, 2e-2};

constexpr Tolerance kTypes[] = {kFloat32, kFloat16, kBfloat16};

TEST(GpuStep, IsTheCpusForEveryLayer) {
  for (const Tolerance& tolerance : kTypes) {
    compare_with_cpu(reference::every_gpu_layer(), tolerance, HostFusions::kNone);
  }
}

TEST(GpuStep, IsTheCpusForAResNet) {
  compare_with_cpu(resnet(20, {3, 16, 16}, 10), kFloat32, HostFusions::kNone);
}

// The third convolution normalises what the second one gives the sums of.
TEST(GpuStep, IsTheCpusWithFusedNorms) {
  for (const Tolerance& tolerance : kTypes) {
    compare_with_cpu(reference::every_gpu_layer(), tolerance, HostFusions::kAll);
    compare_with_cpu(reference::bottleneck(), tolerance, HostFusions::kAll);
  }
  compare_with_cpu(resnet(20, {3, 16, 16}, 10), kFloat32, HostFusions::kAll);
}

// Normalising on the way rounds a norm's factors besides, and its output alike.
TEST(GpuStep, IsAsNearTheCpusInFloat16WithFusedNormsAsWithout) {
  for (const Network& network : {reference::bottleneck(), resnet(20, {3, 16, 16}, 10)}) {
    const Samples samples = random_samples(network, kRows, Random(3));
    const Weights weights = random_weights(network);
    const Outcome expected = on_cpu(network, samples, weights, Mode::kTraining);
    const auto run = [&](HostFusions fusions) {
      HostReplica replica(
          network, {.rows = kRows, .label_smoothing = kSmoothing, .type = ValueType::kFloat16},
          fusions);
      replica.load(weights);
      return replica.run(samples, Mode::kTraining, weights);
    };
    const Outcome fused = run(HostFusions::kAll), plain = run(HostFusions::kNone);
    EXPECT_NEAR(fused.loss, expected.loss, 5e-3 * expected.loss);
    EXPECT_NE(fused.gradients, plain.gradients);
    EXPECT_LE(distance(fused.gradients, expected.gradients),
              1.2 * distance(plain.gradients, expected.gradients));
    EXPECT_LE(distance(fused.statistics, expected.statistics), 1e-3);
  }
}

// Of a row of ResNet-50, 3.287 million outputs of the norms inside of blocks are not kept.
TEST(GpuStep, NeedsLessMemoryWithFusedNorms) {
  const auto bytes = [](HostFusions fusions) {
    HostConvolver convolver(fusions);
    return static_cast<double>(
        plan_step(resnet(50), {.rows = 16, .type = ValueType::kFloat16}, convolver).bytes);
  };
  const double saved = bytes(HostFusions::kNone) - bytes(HostFusions::kAll);
  EXPECT_NEAR(saved, 16 * 2 * 3.287e6, 0.05 * 16 * 2 * 3.287e6);
}

// A power of two scales exactly; what overflows in fp16 is told.
class GpuStepWithFusions : public testing::TestWithParam<HostFusions> {
 protected:
  const Network network_ = reference::every_gpu_layer();
  const Samples samples_ = random_samples(network_, kRows, Random(3));
  const Weights weights_ = random_weights(network_);
};

INSTANTIATE_TEST_SUITE_P(AllOrNone, GpuStepWithFusions,
                         testing::Values(HostFusions::kNone, HostFusions::kAll));

TEST_P(GpuStepWithFusions, TakesTheLossScaleOutOfTheGradients) {
  HostReplica replica(network_, {.rows = kRows, .type = ValueType::kFloat16}, GetParam());
  replica.load(weights_);
  const Outcome plain = replica.run(samples_, Mode::kTraining, weights_);
  *replica.scale() = {.scale = 256, .inverse = 1.0F / 256};
  const Outcome scaled = replica.run(samples_, Mode::kTraining, weights_);
  expect_gradients(network_, weights_, scaled, plain, 2e-2);  // fewer of them are subnormal
  EXPECT_EQ(replica.scale()->overflowed, 0);
  *replica.scale() = {.scale = 1e8F, .inverse = 1e-8F};
  replica.run(samples_, Mode::kTraining, weights_);
  EXPECT_EQ(replica.scale()->overflowed, 1);
}

TEST_P(GpuStepWithFusions, RepeatsBitForBit) {
  HostReplica replica(network_, {.rows = kRows, .type = ValueType::kBfloat16}, GetParam());
  replica.load(weights_);
  const Outcome first = replica.run(samples_, Mode::kTraining, weights_);
  replica.load(weights_);
  const Outcome second = replica.run(samples_, Mode::kTraining, weights_);
  EXPECT_EQ(first.loss, second.loss);
  EXPECT_EQ(first.gradients, second.gradients);
  EXPECT_EQ(first.statistics, second.statistics);
}

// The plan is the arena: no more than what is alive together at the worst moment, but for gaps.
TEST(GpuStep, PlansOneArenaNearItsLowerBound) {
  HostConvolver convolver;
  for (const ValueType type : {ValueType::kFloat32, ValueType::kFloat16}) {
    Step step = plan_step(resnet(50), {.rows = 8, .type = type}, convolver);
    const std::size_t peak = step.planner.plan().live_peak();
    EXPECT_GE(step.bytes, peak);
    EXPECT_LE(static_cast<double>(step.bytes), 1.02 * static_cast<double>(peak));
  }
}

std::string error_of(const Network& network, const StepOptions& options) {
  HostConvolver convolver;
  try {
    plan_step(network, options, convolver);
  } catch (const Error& error) {
    return error.what();
  }
  return "planned";
}

TEST(GpuStep, RefusesWhatItHasNoKernelFor) {
  EXPECT_EQ(error_of(lenet(), {}),
            "lenet: no kernel of the GPU's runs layer pool1: it has 20 channels, which are no "
            "multiple of 8");
  EXPECT_EQ(error_of(mlp(), {}),
            "mlp: no kernel of the GPU's runs layer fc1: it reads flattened images");
  EXPECT_EQ(error_of(resnet(18), {.rows = 0}),
            "resnet-18: cannot plan for a GPU: rows is 0; give 1 or more");
  EXPECT_EQ(error_of(resnet(18), {.label_smoothing = 1}),
            "resnet-18: cannot plan for a GPU: label_smoothing is 1; give 0 or more, below 1");
}

}  // namespace
}  // namespace forebay::cuda
