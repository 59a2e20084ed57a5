#pragma once

// Replicas on GPUs, without CUDA's types.

#include <cstdint>
#include <memory>

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
  ReplicaOptions replica;  // `threads` are not used
  SgdOptions sgd;
  GpuId gpu;
  Averaging averaging = Averaging::kNone;
};

}  // namespace forebay
