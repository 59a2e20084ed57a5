#pragma once

// What runs convolutions: cuDNN on a GPU, loops in tests.

#include <cuda_runtime.h>

#include <cstddef>
#include <string>

#include <forebay/nodes/cuda/convolution.hpp>

namespace forebay::cuda {

/// By channel of y, of all its pixels.
struct OutputSums {
  float *sum = nullptr, *squares = nullptr;  // of y and of y * y
};

/// By channel of x: the batch norm that x is normalised by, and what that one wants of dz. Each
/// array begins on 16 bytes.
struct InputNorm {
  const void *scale = nullptr, *shift = nullptr;  // in the type of x
  const float *mean = nullptr, *inverse_deviation = nullptr, *gamma = nullptr, *beta = nullptr;
  float *gamma_gradient = nullptr, *beta_gradient = nullptr;
  float* rest = nullptr;  // room for three arrays more, which nothing reads
};

/// What a run reads and writes, on the GPU. Null where its graph does not have it.
struct ConvolutionArrays {
  const void *x = nullptr, *w = nullptr, *dy = nullptr;
  void* out = nullptr;  // y, dx, dz or dw
  OutputSums sums = {};
  InputNorm norm = {};
  void* workspace = nullptr;
};

/// Of scratch memory, that a run may need.
inline constexpr std::size_t kMostWorkspace = std::size_t{512} << 20;

/// Runs the graphs of convolutions. x, w, their gradients and y are of one type, images NHWC and
/// weights OHWI.
class Convolver {
 public:
  virtual ~Convolver() = default;

  /// Why a convolution is not to be fused; empty where it is: where all graphs of the fusion exist
  /// and are the fastest way.
  virtual std::string why_not_fused(const Convolution& convolution, Fusion fusion,
                                    ValueType type) = 0;

  /// Scratch memory that a run needs, `kMostWorkspace` at most. Throws `Error` where the graph
  /// cannot be run.
  virtual std::size_t workspace_bytes(const Convolution& convolution, ConvolutionGraph graph,
                                      ValueType type) = 0;

  /// Queues the work.
  virtual void run(const Convolution& convolution, ConvolutionGraph graph, ValueType type,
                   const ConvolutionArrays& arrays, cudaStream_t stream) = 0;
};

}  // namespace forebay::cuda
