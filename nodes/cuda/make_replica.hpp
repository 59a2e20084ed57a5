#pragma once

// Replicas on GPUs, without CUDA's types.

#include <cstdint>
#include <memory>

#include <forebay/nodes/batch/batch.hpp>
#include <forebay/nodes/cuda/gpus.hpp>
#include <forebay/nodes/train/replica.hpp>
#include <forebay/nodes/train/sgd.hpp>

namespace forebay {

/// Who makes the mean of the gradients of all replicas.
enum class Averaging : std::uint8_t {
  kNone,  // there is one replica: gradients stay on its GPU
  kHost,  // gradients are copied to the host, and their mean back
};

struct CudaReplicaOptions {
  ReplicaOptions replica = {};  // `threads` are not used
  SgdOptions sgd = {};
  GpuId gpu = {};
  Averaging averaging = Averaging::kNone;
  float loss_scale = 65536;  // that kFloat16 begins with; it finds its own
};

/// Makes the replica and takes its memory. The first one of a kind of GPU, network and rows times
/// cuDNN's plans, which takes minutes. Throws `Error` where this build or the GPU cannot run it,
/// and where its memory is short, saying what to do.
std::unique_ptr<Replica> make_cuda_replica(const Network& network,
                                           const CudaReplicaOptions& options);

/// For batches that GPUs copy from by themselves.
BatchMemory pinned_batch_memory();

}  // namespace forebay
