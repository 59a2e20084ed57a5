#pragma once

// Convolutions on a GPU by cuDNN.

#include <cstddef>
#include <map>
#include <memory>
#include <tuple>

#include <forebay/nodes/cuda/cudnn/plan_choices.hpp>
#include <forebay/nodes/cuda/gpus.hpp>
#include <forebay/nodes/cuda/ops/convolver.hpp>

namespace forebay::cuda {

/// Runs the graphs that have one output as cuDNN's plans. Of the plans that cuDNN's heuristics put
/// first, each graph takes the fastest: they are timed the first time that a kind of GPU meets the
/// graph, in memory taken for it, and the choice is kept in a file. Plans are made when their
/// workspace is asked for: some milliseconds each, or seconds where they are timed.
///
/// Calls come from one thread at a time.
class CudnnConvolver final : public Convolver {
 public:
  /// Throws `Error` where cuDNN cannot be used on the GPU.
  explicit CudnnConvolver(GpuId gpu);
  ~CudnnConvolver() override;

  std::size_t workspace_bytes(const Convolution& convolution, ConvolutionGraph graph,
                              ValueType type) override;
  void run(const Convolution& convolution, ConvolutionGraph graph, ValueType type,
           const void* first, const void* second, void* out, void* workspace,
           cudaStream_t stream) override;

 private:
  struct Handle;
  struct Ready;
  using Key = std::tuple<Convolution, ConvolutionGraph, ValueType>;

  Ready& ready(const Key& key);
  Ready make(const Key& key);
  void choose_by_name(Ready& graph, const std::string& plan) const;
  void choose_by_time(Ready& graph, const Key& key);

  const GpuId gpu_;
  const std::unique_ptr<Handle> handle_;
  PlanChoices choices_;
  std::map<Key, Ready> ready_;
};

/// "9.19.0": of the cuDNN that this process has loaded.
std::string cudnn_version();

}  // namespace forebay::cuda
