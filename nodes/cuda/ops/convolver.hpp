#pragma once

// What runs convolutions: cuDNN on a GPU, loops in tests.

#include <cuda_runtime.h>

#include <cstddef>

#include <forebay/nodes/cuda/convolution.hpp>

namespace forebay::cuda {

/// Runs graphs with two inputs and one output: x and w give y, dy and w give dx, dy and x give dw.
/// All are of one type, images NHWC and weights OHWI.
class Convolver {
 public:
  virtual ~Convolver() = default;

  /// Scratch memory that a run needs. Throws `Error` where the graph cannot be run.
  virtual std::size_t workspace_bytes(const Convolution& convolution, ConvolutionGraph graph,
                                      ValueType type) = 0;

  /// Queues the work.
  virtual void run(const Convolution& convolution, ConvolutionGraph graph, ValueType type,
                   const void* first, const void* second, void* out, void* workspace,
                   cudaStream_t stream) = 0;
};

}  // namespace forebay::cuda
