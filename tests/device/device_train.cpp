// Training on a GPU, each as a line of JSON:
//
//   device_train compare TYPE          a step of three networks beside the CPU device's
//   device_train speed DEPTH ROWS TYPE [unfused]
//                                      images/s of a ResNet fed with pixels, and its memory beside
//                                      the plan
//   device_train fusions DEPTH ROWS TYPE
//                                      what of its batch norms is fused into convolutions
//
// TYPE is float32, bfloat16 or float16. Fails where results differ by more than the type rounds.

#include <cuda_runtime.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <forebay/graph/error.hpp>
#include <forebay/nodes/cuda/check.hpp>
#include <forebay/nodes/cuda/cuda_replica.hpp>
#include <forebay/nodes/cuda/cudnn/cudnn_convolver.hpp>
#include <forebay/nodes/cuda/gpus.hpp>
#include <forebay/nodes/cuda/make_replica.hpp>
#include <forebay/nodes/random.hpp>

#include "../unit/cpu/every_layer.hpp"
#include "../unit/cuda/distance.hpp"

namespace forebay {
namespace {

using Clock = std::chrono::steady_clock;
using cuda::check;
using cuda::distance;

constexpr SgdOptions kSgd{.momentum = 0.9, .weight_decay = 1e-4};

struct Type {
  const char* name;
  Precision precision;
  double loss, shallow, deep;  // distances from the CPU's float32, relative; of gradients by depth
};
// Each activation is rounded, so that some ReLUs let through what others hold back, more with each
// layer. The same steps in the host's memory are half as far off: gradients of the bottleneck 0.05
// in bfloat16 and 0.015 in float16, of the others up to 0.37 and 0.14.
constexpr Type kTypes[] = {{"float32", Precision::kFloat32, 1e-4, 2e-3, 2e-3},
                           {"bfloat16", Precision::kBfloat16, 3e-2, 1e-1, 7e-1},
                           {"float16", Precision::kFloat16, 5e-3, 3e-2, 3e-1}};

const Type& type_of(const std::string& name) {
  const auto* const found = std::ranges::find(kTypes, name, &Type::name);
  if (found == std::end(kTypes)) throw Error("give float32, bfloat16 or float16");
  return *found;
}

GpuId gpu() {
  const GpuMachine machine = find_gpus();
  const int wanted[] = {0};
  if (const std::string why = why_unusable(machine, wanted); !why.empty()) throw Error(why);
  return {.number = 0, .name = machine.gpus[0].name};
}

// ImageNet's.
const ImageInput kPixels{.type = SampleType::kUint8,
                         .mean = {123.68F, 116.779F, 103.939F},
                         .std_dev = {58.393F, 57.12F, 57.375F}};

/// A batch that a GPU copies from by itself: of noise, or of pixels, as it is trained with.
class Batch {
 public:
  Batch(const Network& network, std::size_t rows, SampleType type = SampleType::kFloat32)
      : type_(type), labels_(rows) {
    const ImageShape& shape = network.input();
    const std::size_t count =
        rows * static_cast<std::size_t>(shape.channels * shape.height * shape.width);
    images_ = memory_.take(count * value_bytes(type));
    Random random(1);
    if (type == SampleType::kUint8) {
      std::generate_n(images_, count,
                      [&random] { return static_cast<std::byte>(random.below(256)); });
    } else {
      std::generate_n(reinterpret_cast<float*>(images_), count,
                      [&random] { return static_cast<float>(random.normal()); });
    }
    for (int& label : labels_) {
      label = static_cast<int>(random.below(static_cast<std::uint64_t>(network.classes)));
    }
  }
  ~Batch() { memory_.give_back(images_); }
  Batch(const Batch&) = delete;  // given back once

  Shard shard() const { return {images_, labels_, labels_.size(), type_}; }

 private:
  BatchMemory memory_ = pinned_batch_memory();
  SampleType type_;
  std::byte* images_ = nullptr;
  std::vector<int> labels_;
};

void load(Replica& replica, const Network& network) {
  Weights weights(network);
  weights.initialise(1);
  replica.load_parameters(weights, 0, weights.parameters().size());
  replica.load_buffers(weights);
}

struct Outcome {
  StepResult result;
  std::vector<float> gradients;
};

Outcome step(Replica& replica, const Network& network, const Shard& shard) {
  load(replica, network);
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
  const auto on_gpu =
      make_cuda_replica(network, {.replica = {.rows = rows, .precision = type.precision},
                                  .sgd = kSgd,
                                  .gpu = gpu,
                                  .averaging = Averaging::kHost,  // shows its gradients
                                  .loss_scale = 1024});
  const Outcome expected = step(*on_cpu, network, batch.shard());
  const Outcome got = step(*on_gpu, network, batch.shard());
  const double loss =
      std::abs(got.result.loss_sum - expected.result.loss_sum) / expected.result.loss_sum;
  const double gradients = distance(got.gradients, expected.gradients);
  fmt::print(R"("{}": {{"loss_distance": {:.2g}, "gradient_distance": {:.2g}}})", network.name,
             loss, gradients);
  return loss <= type.loss && gradients <= tolerance;
}

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

std::size_t free_memory() {
  std::size_t free = 0, total = 0;
  check(cudaMemGetInfo(&free, &total), "ask for the free memory");
  return free;
}

// A step as the trainer makes it: the next batch is on its way while one runs.
void train_step(Replica& replica, const Shard& shard) {
  OnDevice& device = *replica.on_device();
  replica.forward_backward(shard, [&](const GradientBucket& bucket) {
    if (bucket.index == 0) device.stage(shard);
    device.update(bucket, 0.1);
  });
}

double median_seconds(Replica& replica, const Shard& shard) {
  constexpr int kWarmUp = 8, kSteps = 30;
  std::vector<double> times;
  replica.on_device()->begin_run();
  replica.on_device()->stage(shard);
  for (int i = 0; i < kWarmUp + kSteps; ++i) {
    const auto begin = Clock::now();
    train_step(replica, shard);
    if (i >= kWarmUp) {
      times.push_back(std::chrono::duration<double>(Clock::now() - begin).count());
    }
  }
  std::ranges::nth_element(times, times.begin() + kSteps / 2);
  return times[kSteps / 2];
}

/// cuDNN's convolutions, with no batch norm fused into any.
class Unfused final : public cuda::Convolver {
 public:
  explicit Unfused(const GpuId& gpu) : cudnn_(gpu) {}

  std::string why_not_fused(const cuda::Convolution& /*convolution*/, cuda::Fusion /*fusion*/,
                            cuda::ValueType /*type*/) override {
    return "it is compared with those that are";
  }
  std::size_t workspace_bytes(const cuda::Convolution& convolution, cuda::ConvolutionGraph graph,
                              cuda::ValueType type) override {
    return cudnn_.workspace_bytes(convolution, graph, type);
  }
  void run(const cuda::Convolution& convolution, cuda::ConvolutionGraph graph, cuda::ValueType type,
           const cuda::ConvolutionArrays& arrays, cudaStream_t stream) override {
    cudnn_.run(convolution, graph, type, arrays, stream);
  }

 private:
  cuda::CudnnConvolver cudnn_;
};

enum class Norms : std::uint8_t { kFused, kUnfused };

std::unique_ptr<Replica> make(const Network& network, const CudaReplicaOptions& options,
                              Norms norms) {
  if (norms == Norms::kFused) return make_cuda_replica(network, options);
  return std::make_unique<cuda::CudaReplica>(network, options,
                                             std::make_unique<Unfused>(options.gpu));
}

void speed(int depth, std::size_t rows, const Type& type, Norms norms) {
  constexpr double kGiB = 1 << 30;
  const Network network = resnet(depth);
  const GpuId id = gpu();
  check(cudaSetDevice(id.number), "use the GPU");
  const std::size_t before = free_memory();
  const auto begin = Clock::now();
  const auto replica =
      make(network,
           {.replica = {.rows = rows, .precision = type.precision, .images = kPixels},
            .sgd = kSgd,
            .gpu = id},
           norms);
  const double made = std::chrono::duration<double>(Clock::now() - begin).count();
  load(*replica, network);
  const Batch batch(network, rows, kPixels.type);
  const double seconds = median_seconds(*replica, batch.shard());
  fmt::print(R"({{"images_per_s": {:.1f}, "step_ms": {:.2f}, "seconds_to_make": {:.1f}, )"
             R"("planned_gib": {:.3f}, "taken_gib": {:.3f}}})",
             static_cast<double>(rows) / seconds, 1e3 * seconds, made,
             static_cast<double>(replica->memory_bytes()) / kGiB,
             static_cast<double>(before - free_memory()) / kGiB);
  fmt::print("\n");
}

void fusions(int depth, std::size_t rows, const Type& type) {
  std::string text = describe_fusions(
      resnet(depth),
      {.replica = {.rows = rows, .precision = type.precision}, .sgd = kSgd, .gpu = gpu()});
  std::ranges::replace(text, '\n', ';');
  std::ranges::replace(text, '"', '\'');
  fmt::print("{{\"fusions\": \"{}\"}}\n", text);
}

void run(const std::vector<std::string>& words) {
  if (words.size() == 2 && words[0] == "compare") return compare(type_of(words[1]));
  const bool unfused = words.size() == 5 && words[4] == "unfused";
  if ((words.size() == 4 || unfused) && words[0] == "speed") {
    return speed(std::stoi(words[1]), std::stoul(words[2]), type_of(words[3]),
                 unfused ? Norms::kUnfused : Norms::kFused);
  }
  if (words.size() == 4 && words[0] == "fusions") {
    return fusions(std::stoi(words[1]), std::stoul(words[2]), type_of(words[3]));
  }
  throw Error("give compare TYPE, speed DEPTH ROWS TYPE [unfused], or fusions DEPTH ROWS TYPE");
}

}  // namespace
}  // namespace forebay

int main(int count, char** words) {
  try {
    forebay::run({words + 1, words + count});
  } catch (const std::exception& error) {
    std::fflush(stdout);
    std::fprintf(stderr, "device_train: %s\n", error.what());
    return 1;
  }
}
