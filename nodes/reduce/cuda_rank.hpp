#pragma once

// A CUDA stream as a rank of NCCL.

#include <cuda_runtime.h>

#include <string>

#include <forebay/nodes/reduce/nccl.hpp>

namespace forebay {

/// `stream` is one of the GPU `number`'s and outlives the rank's use. `name` is for messages.
NcclRank cuda_rank(int number, std::string name, cudaStream_t stream);

}  // namespace forebay
