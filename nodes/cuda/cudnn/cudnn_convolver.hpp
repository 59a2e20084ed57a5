#pragma once

// Convolutions on a GPU by cuDNN.

#include <cstddef>
#include <string>

#include <forebay/nodes/cuda/cudnn/plan_chooser.hpp>
#include <forebay/nodes/cuda/gpus.hpp>
#include <forebay/nodes/cuda/ops/convolver.hpp>

namespace forebay::cuda {

/// Runs graphs as cuDNN's plans. Of the plans that cuDNN's heuristics put first, each graph takes
/// the fastest, and convolutions are fused where that is faster: both are timed the first time that
/// a kind of GPU meets them, in memory taken for it, and the choices are kept in a file. Plans are
/// made when they are first asked about: some milliseconds each, or seconds where they are timed.
///
/// Calls come from one thread at a time.
class CudnnConvolver final : public Convolver {
 public:
  /// Throws `Error` where cuDNN cannot be used on the GPU.
  explicit CudnnConvolver(GpuId gpu);

  /// cuDNN's words where it has no plan for one of the graphs; else "1.234 ms fused, 1.123 ms not".
  /// Both are kept. A fusion whose plans fail is none.
  std::string why_not_fused(const Convolution& convolution, Fusion fusion, ValueType type) override;
  std::size_t workspace_bytes(const Convolution& convolution, ConvolutionGraph graph,
                              ValueType type) override;
  void run(const Convolution& convolution, ConvolutionGraph graph, ValueType type,
           const ConvolutionArrays& arrays, cudaStream_t stream) override;

 private:
  const ChosenPlan& ready(const Convolution& convolution, ConvolutionGraph graph, ValueType type);

  const GpuId gpu_;
  PlanChooser chooser_;
};

/// "9.19.0": of the cuDNN that this process has loaded.
std::string cudnn_version();

}  // namespace forebay::cuda
