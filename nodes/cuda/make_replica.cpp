#include <forebay/nodes/cuda/make_replica.hpp>

#include <forebay/graph/error.hpp>
#include <forebay/nodes/cuda/cuda_replica.hpp>
#include <forebay/nodes/cuda/cudnn/cudnn_convolver.hpp>
#include <forebay/nodes/cuda/cudnn/library.hpp>
#include <forebay/nodes/cuda/fusions.hpp>
#include <forebay/nodes/cuda/gpu_mean.hpp>
#include <forebay/nodes/cuda/gpu_memory.hpp>
#include <forebay/nodes/cuda/step.hpp>

namespace forebay {
namespace {

// Before plans for so many rows are timed, which takes minutes.
void refuse_too_many_rows(const Network& network, const CudaReplicaOptions& options) {
  const std::size_t least =
      cuda::least_bytes(network, cuda::step_options(options.replica, options.sgd));
  const auto [free, total] = cuda::ask_memory(options.gpu.number);
  if (least <= free) return;
  throw Error(cuda::too_little_memory(options.gpu.number, least, free, total));
}

}  // namespace

std::string why_no_cuda_replicas() { return cuda::why_no_cudnn(); }

std::unique_ptr<Replica> make_cuda_replica(const Network& network,
                                           const CudaReplicaOptions& options) {
  refuse_too_many_rows(network, options);
  return std::make_unique<cuda::CudaReplica>(network, options,
                                             std::make_unique<cuda::CudnnConvolver>(options.gpu));
}

std::size_t free_gpu_memory(int number) { return cuda::ask_memory(number).free; }

std::string describe_fusions(const Network& network, const CudaReplicaOptions& options) {
  cuda::CudnnConvolver convolver(options.gpu);
  const cuda::StepOptions step = cuda::step_options(options.replica, options.sgd);
  const FusedNetwork fused = fuse(network);
  return cuda::describe(network, fused,
                        cuda::choose_fusions(network, fused, step.rows, step.type, convolver));
}

std::string why_no_gpu_mean() { return why_no_nccl(); }

std::unique_ptr<GradientMean> make_gpu_mean(std::span<const std::unique_ptr<Replica>> replicas) {
  std::vector<cuda::CudaReplica*> on_gpus;
  for (const auto& replica : replicas) {
    on_gpus.push_back(&dynamic_cast<cuda::CudaReplica&>(*replica));
  }
  return std::make_unique<cuda::GpuMean>(std::move(on_gpus));
}

// On a thread that uses no GPU yet, CUDA would take memory of GPU 0 for itself first.
BatchMemory pinned_batch_memory(const GpuId& gpu) {
  return {.take =
              [gpu](std::size_t bytes) {
                cuda::use(gpu);
                return cuda::PinnedMemory(bytes).release();
              },
          .give_back =
              [number = gpu.number](std::byte* block) {
                cudaSetDevice(number);  // fails where the GPU is lost, and its memory with it
                cuda::PinnedMemory::free(block);
              }};
}

}  // namespace forebay
