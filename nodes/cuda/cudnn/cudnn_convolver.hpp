#pragma once

// Convolutions on a GPU by cuDNN.

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>

#include <forebay/nodes/cuda/cudnn/gpu_timer.hpp>
#include <forebay/nodes/cuda/cudnn/plan_choices.hpp>
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
  ~CudnnConvolver() override;

  /// cuDNN's words where it has no plan for one of the graphs; else "1.234 ms fused, 1.123 ms not".
  /// Both are kept.
  std::string why_not_fused(const Convolution& convolution, Fusion fusion, ValueType type) override;
  std::size_t workspace_bytes(const Convolution& convolution, ConvolutionGraph graph,
                              ValueType type) override;
  void run(const Convolution& convolution, ConvolutionGraph graph, ValueType type,
           const ConvolutionArrays& arrays, cudaStream_t stream) override;

 private:
  struct Handle;
  struct Ready;
  using Key = std::tuple<Convolution, ConvolutionGraph, ValueType>;

  Ready& find(const Key& key);
  Ready& ready(const Key& key);
  std::string make(Ready& graph, const Key& key);
  void choose_by_name(Ready& graph, const std::string& plan) const;
  std::string choose_by_time(Ready& graph, const Key& key);
  std::optional<float> time_plan(GpuTimer& timer, const Ready& graph, std::int64_t plan,
                                 const Convolution& convolution);
  std::string why_no_plans(const Convolution& convolution, Fusion fusion, ValueType type);
  std::string why_slower(const Convolution& convolution, Fusion fusion, ValueType type);
  float milliseconds(const Key& key);
  float milliseconds_unfused(const Convolution& convolution, Fusion fusion, ValueType type);

  const GpuId gpu_;
  const std::unique_ptr<Handle> handle_;
  PlanChoices choices_;
  std::map<Key, Ready> ready_;
};

/// "9.19.0": of the cuDNN that this process has loaded.
std::string cudnn_version();

}  // namespace forebay::cuda
