#pragma once

// CUDA's errors as ours.

#include <cuda_runtime.h>

#include <string>
#include <string_view>

namespace forebay::cuda {

/// Throws `Error` unless `result` is success: "copy batch to GPU 1: an illegal memory access was
/// encountered (cudaErrorIllegalAddress)".
void check(cudaError_t result, std::string_view what);

/// "GPU 1 (NVIDIA H200) cannot run a training step: uncorrectable ECC error encountered
/// (cudaErrorECCUncorrectable); ...": with what to do about it.
std::string failure_text(std::string_view gpu, std::string_view what, cudaError_t result);

}  // namespace forebay::cuda
