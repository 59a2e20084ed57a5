#pragma once

// Runs an element function on a GPU.

#include <cuda_runtime.h>

#include <forebay/nodes/cuda/kernels/value.hpp>

namespace forebay::cuda {

/// Queues element(0) ... element(count - 1) on `stream`, in no order. What the function points to
/// is memory of the stream's GPU and outlives the work. Throws `Error` where CUDA refuses.
///
/// Made for the functions beside this file, in each type of value, by kernels.cu; tests without a
/// GPU link loops in its place.
template <class Element>
void launch(const Element& element, Index count, cudaStream_t stream);

}  // namespace forebay::cuda
