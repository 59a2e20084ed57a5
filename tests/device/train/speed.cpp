#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include <forebay/nodes/cuda/cuda_replica.hpp>
#include <forebay/nodes/cuda/cudnn/cudnn_convolver.hpp>
#include <forebay/nodes/cuda/gpu_memory.hpp>

#include "commands.hpp"

namespace forebay::device {
namespace {

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

std::unique_ptr<Replica> make(const Network& network, const CudaReplicaOptions& options,
                              Norms norms) {
  if (norms == Norms::kFused) return make_cuda_replica(network, options);
  return std::make_unique<cuda::CudaReplica>(network, options,
                                             std::make_unique<Unfused>(options.gpu));
}

}  // namespace

void speed(int depth, std::size_t rows, const Type& type, Norms norms) {
  constexpr double kGiB = 1 << 30;
  const Network network = resnet(depth);
  const GpuId id = gpu();
  const std::size_t before = cuda::ask_memory(id.number).free;
  bool captured = true;
  const auto begin = Clock::now();
  const auto replica = make(
      network,
      {.replica = {.rows = rows, .precision = type.precision, .tf32 = type.tf32, .images = kPixels},
       .sgd = kSgd,
       .gpu = id,
       .tell =
           [&captured](const std::string& why) {
             captured = false;
             tell_not_captured(why);
           }},
      norms);
  const double made = seconds_since(begin);
  load_initial(*replica, network);
  const Batch batch(network, rows, kPixels.type);
  const double seconds = median_step(*replica, batch.shard());
  fmt::print(R"({{"images_per_s": {:.1f}, "step_ms": {:.2f}, "captured": {}, )"
             R"("seconds_to_make": {:.1f}, "planned_gib": {:.3f}, "taken_gib": {:.3f}}})",
             static_cast<double>(rows) / seconds, 1e3 * seconds, captured, made,
             static_cast<double>(replica->memory_bytes()) / kGiB,
             static_cast<double>(before - cuda::ask_memory(id.number).free) / kGiB);
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

}  // namespace forebay::device
