#include "training.hpp"

#include <algorithm>
#include <cstdio>

#include <forebay/graph/error.hpp>
#include <forebay/nodes/cuda/make_replica.hpp>
#include <forebay/nodes/network/weights.hpp>
#include <forebay/nodes/random.hpp>

namespace forebay::device {
namespace {

// Each activation is rounded, so that some ReLUs let through what others hold back, more with each
// layer. The same steps in the host's memory are half as far off: gradients of the bottleneck 0.05
// in bfloat16 and 0.015 in float16, of the others up to 0.37 and 0.14.
// TF32 rounds as float16 does, but products alone.
constexpr Type kTypes[] = {{"float32", Precision::kFloat32, false, 1e-4, 2e-3, 2e-3},
                           {"tf32", Precision::kFloat32, true, 5e-3, 3e-2, 3e-1},
                           {"bfloat16", Precision::kBfloat16, false, 3e-2, 1e-1, 7e-1},
                           {"float16", Precision::kFloat16, false, 5e-3, 3e-2, 3e-1}};

std::size_t values_of(const ImageShape& image) {
  return static_cast<std::size_t>(image.channels) *
         static_cast<std::size_t>(image.height * image.width);
}

// A step as the trainer makes it.
void train_step(Replica& replica, const Shard& shard) {
  OnDevice& device = *replica.on_device();
  replica.forward_backward(shard, [&](const GradientBucket& bucket) {
    if (bucket.index == 0) device.stage(shard);
    device.update(bucket, 0.1);
  });
}

}  // namespace

const Type& type_of(const std::string& name) {
  const auto* const found = std::ranges::find(kTypes, name, &Type::name);
  if (found == std::end(kTypes)) throw Error("give float32, tf32, bfloat16 or float16");
  return *found;
}

GpuId gpu() {
  const GpuMachine machine = find_gpus();
  const int wanted[] = {0};
  if (const std::string why = why_unusable(machine, wanted); !why.empty()) throw Error(why);
  return {.number = 0, .name = machine.gpus[0].name};
}

Batch::Batch(const Network& network, std::size_t rows, SampleType type)
    : memory_(pinned_batch_memory(gpu())),
      type_(type),
      bytes_(rows * values_of(network.input()) * value_bytes(type)),
      images_(memory_.take(bytes_)),
      labels_(rows) {
  Random random(1);
  if (type == SampleType::kUint8) {
    std::generate_n(images_, bytes_,
                    [&random] { return static_cast<std::byte>(random.below(256)); });
  } else {
    std::generate_n(reinterpret_cast<float*>(images_), bytes_ / sizeof(float),
                    [&random] { return static_cast<float>(random.normal()); });
  }
  for (int& label : labels_) {
    label = static_cast<int>(random.below(static_cast<std::uint64_t>(network.classes)));
  }
}

void tell_not_captured(const std::string& why) {
  std::fprintf(stderr, "not captured: %s\n", why.c_str());
}

void load_initial(Replica& replica, const Network& network) {
  Weights weights(network);
  weights.initialise(1);
  replica.load_parameters(weights, 0, weights.parameters().size());
  replica.load_buffers(weights);
}

double median_step(Replica& replica, const Shard& shard) {
  constexpr int kWarmUp = 8, kSteps = 30;
  std::vector<double> times;
  replica.on_device()->begin_run();
  replica.on_device()->stage(shard);
  for (int i = 0; i < kWarmUp + kSteps; ++i) {
    const auto begin = Clock::now();
    train_step(replica, shard);
    if (i >= kWarmUp) times.push_back(seconds_since(begin));
  }
  std::ranges::nth_element(times, times.begin() + kSteps / 2);
  return times[kSteps / 2];
}

}  // namespace forebay::device
