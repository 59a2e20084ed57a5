#pragma once

// CUDA's errors as ours.

#include <cuda_runtime.h>

#include <string_view>

namespace forebay::cuda {

/// Throws `Error` unless `result` is success: "copy batch to GPU 1: an illegal memory access was
/// encountered (cudaErrorIllegalAddress)".
void check(cudaError_t result, std::string_view what);

}  // namespace forebay::cuda
