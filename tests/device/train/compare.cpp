#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include <forebay/graph/error.hpp>
#include <forebay/nodes/cuda/make_replica.hpp>
#include <forebay/nodes/network/weights.hpp>

#include "../../unit/cpu/every_layer.hpp"
#include "../../unit/cuda/distance.hpp"
#include "commands.hpp"

namespace forebay::device {
namespace {

struct Outcome {
  StepResult result;
  std::vector<float> gradients;
};

Outcome step(Replica& replica, const Network& network, const Shard& shard) {
  load_initial(replica, network);
  Outcome outcome;
  outcome.gradients.resize(Weights(network).parameters().size());
  outcome.result = replica.forward_backward(shard, [&](const GradientBucket& bucket) {
    std::ranges::copy(bucket.values,
                      outcome.gradients.begin() + static_cast<std::ptrdiff_t>(bucket.begin));
  });
  return outcome;
}

bool compare(const GpuId& gpu, const Network& network, std::size_t rows, const Type& type,
             double tolerance) {
  const Batch batch(network, rows);
  const auto on_cpu = make_cpu_replica(network, {.rows = rows, .threads = 1});
  const auto on_gpu = make_cuda_replica(
      network, {.replica = {.rows = rows, .precision = type.precision, .tf32 = type.tf32},
                .sgd = kSgd,
                .gpu = gpu,
                .averaging = Averaging::kHost,  // shows its gradients
                .loss_scale = 1024,
                .tell = tell_not_captured});
  const Outcome expected = step(*on_cpu, network, batch.shard());
  const Outcome got = step(*on_gpu, network, batch.shard());
  const double loss =
      std::abs(got.result.loss_sum - expected.result.loss_sum) / expected.result.loss_sum;
  const double gradients = cuda::distance(got.gradients, expected.gradients);
  fmt::print(R"("{}": {{"loss_distance": {:.2g}, "gradient_distance": {:.2g}}})", network.name,
             loss, gradients);
  return loss <= type.loss && gradients <= tolerance;
}

}  // namespace

void compare(const Type& type) {
  const GpuId id = gpu();
  fmt::print("{{");
  const bool block = compare(id, reference::bottleneck(64), 16, type, type.shallow);
  fmt::print(", ");
  const bool small = compare(id, resnet(20, {3, 32, 32}, 10), 16, type, type.deep);
  fmt::print(", ");
  const bool large = compare(id, resnet(18, {3, 64, 64}, 1000), 8, type, type.deep);
  fmt::print("}}\n");
  if (!block || !small || !large)
    throw Error("that is farther from the CPU's than the type's rounding");
}

}  // namespace forebay::device
