#pragma once

// Replicas on GPUs, without CUDA's types.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include <forebay/nodes/batch/batch.hpp>
#include <forebay/nodes/cuda/gpus.hpp>
#include <forebay/nodes/train/gradient_mean.hpp>
#include <forebay/nodes/train/replica.hpp>
#include <forebay/nodes/train/sgd.hpp>

namespace forebay {

/// Who makes the mean of the gradients of all replicas.
enum class Averaging : std::uint8_t {
  kNone,  // there is one replica: gradients stay on its GPU
  kHost,  // gradients are copied to the host, and their mean back
  kGpus,  // the GPUs among themselves, through NCCL; gradients stay on each
};

struct CudaReplicaOptions {
  ReplicaOptions replica = {};  // `threads` are not used
  SgdOptions sgd = {};
  GpuId gpu = {};
  Averaging averaging = Averaging::kNone;
  float loss_scale = 65536;  // that kFloat16 begins with; it finds its own
  std::chrono::milliseconds step_limit = kGpuWaitLimit;  // from one bucket to the next

  /// Called at most once, by whoever queues a step, an update or a validation: why work is not
  /// captured, but queued call by call.
  std::function<void(const std::string& why)> tell = {};
};

/// Which of NVIDIA's libraries this process cannot load that replicas need, and what to do: "cannot
/// load cuDNN, ..."; empty where it can.
std::string why_no_cuda_replicas();

/// Makes the replica and takes its memory. The first one of a kind of GPU, network and rows times
/// cuDNN's plans, which takes minutes. Throws `Error` where this build or the GPU cannot run it,
/// and where its memory is short, saying what to do. A step throws one that names the GPU where it
/// fails, or comes to no next bucket within `step_limit`.
std::unique_ptr<Replica> make_cuda_replica(const Network& network,
                                           const CudaReplicaOptions& options);

/// What of the network's batch norms is fused into convolutions, and why not more, in a few lines
/// without the last break. Times what no start has timed before, which takes minutes. Throws as
/// `make_cuda_replica` does.
std::string describe_fusions(const Network& network, const CudaReplicaOptions& options);

/// What such a replica takes of its GPU's memory at most, from its plan alone: with no plan of
/// cuDNN's made yet, each convolution counts with the most scratch memory and without fusion, which
/// would take less. Some milliseconds for a large network. Throws `Error` where this build cannot
/// run it.
std::size_t cuda_replica_bytes(const Network& network, const ReplicaOptions& options,
                               const SgdOptions& sgd = {});

/// Bytes that the GPU `number` has free, beside what CUDA itself takes there for this process from
/// now on. Throws `Error` where the GPU is lost.
std::size_t free_gpu_memory(int number);

/// Why GPUs cannot average among themselves, and what to do: "cannot load NCCL, ...". Empty where
/// they can.
std::string why_no_gpu_mean();

/// Of replicas from `make_cuda_replica` with `Averaging::kGpus`, each on a GPU of its own; they
/// outlive it. Where a GPU does not end a mean within 60 s after it was queued, or NCCL reports an
/// error, the next mean throws an `Error` that names it. Throws `Error` where they do not find each
/// other.
std::unique_ptr<GradientMean> make_gpu_mean(std::span<const std::unique_ptr<Replica>> replicas);

/// For batches that GPUs copy from by themselves; `gpu` is one that is used anyway.
BatchMemory pinned_batch_memory(const GpuId& gpu);

}  // namespace forebay
