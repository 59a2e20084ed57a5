#pragma once

// CUDA's errors as ours.

#include <cuda_runtime.h>

#include <chrono>
#include <string>
#include <string_view>

namespace forebay::cuda {

/// Throws `Error` unless `result` is success: "copy batch to GPU 1: an illegal memory access was
/// encountered (cudaErrorIllegalAddress)".
void check(cudaError_t result, std::string_view what);

/// "GPU 1 (NVIDIA H200) cannot run a training step: uncorrectable ECC error encountered
/// (cudaErrorECCUncorrectable); ...": with what to do about it.
std::string failure_text(std::string_view gpu, std::string_view what, cudaError_t result);

/// "GPU 1 (NVIDIA H200) does not end its work within 70 s; ...": with what to look at.
std::string hang_text(std::string_view gpu, std::chrono::milliseconds limit);

}  // namespace forebay::cuda
