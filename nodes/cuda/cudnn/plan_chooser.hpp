#pragma once

// Chooses by time what convolutions run as.

#include <cuda_runtime.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include <forebay/nodes/cuda/cudnn/plan_choices.hpp>
#include <forebay/nodes/cuda/ops/convolver.hpp>

namespace forebay::cuda {

/// What a graph is asked for by.
using GraphKey = std::tuple<Convolution, ConvolutionGraph, ValueType>;

/// A graph with the plans that it may run as, by number, the preferred one first.
class GraphPlans {
 public:
  virtual ~GraphPlans() = default;
  virtual std::int64_t count() const = 0;
  /// "eng4_k2=0_..."; empty where cuDNN does not tell.
  virtual std::string name(std::int64_t plan) const = 0;
  /// Makes it, up to some seconds: bytes of its workspace, or none where it cannot be made.
  virtual std::optional<std::size_t> build(std::int64_t plan) = 0;
  /// Queues a run of one that was made; why not, where it cannot.
  virtual std::string run(std::int64_t plan, const ConvolutionArrays& arrays,
                          cudaStream_t stream) const = 0;
};

/// Plans of a graph, or why there are none.
struct FoundPlans {
  std::unique_ptr<GraphPlans> plans = {};
  std::string why_not = {};
};

/// A plan that was made.
struct BuiltPlan {
  std::int64_t number = -1;
  std::size_t workspace_bytes = 0;
};

/// Where plans come from and how long they take: cuDNN on a GPU, made up in tests.
class PlanSource {
 public:
  virtual ~PlanSource() = default;
  virtual FoundPlans find(const GraphKey& key) = 0;
  /// Milliseconds of each, none where it fails. Throws `Error` where memory is short.
  virtual std::vector<std::optional<float>> time(const GraphKey& key, const GraphPlans& plans,
                                                 std::span<const BuiltPlan> built) = 0;
  /// Milliseconds of a batch norm's passes over memory that a fusion spares. Throws `Error` where
  /// the GPU fails.
  virtual float time_norm(const Convolution& convolution, Fusion fusion, ValueType type) = 0;
};

/// What a graph runs as.
struct ChosenPlan {
  std::unique_ptr<GraphPlans> plans = {};
  BuiltPlan plan = {};
  std::optional<float> milliseconds = {};  // where it was timed
  std::string why_not = {};                // where it does not run: then nothing else counts
};

/// Takes the fastest of the first eight plans that can be made for each graph, and fuses
/// convolutions where that is faster. Both are timed the first time that they are asked for, and
/// kept in `choices`. What throws is the source. Not thread-safe.
class PlanChooser {
 public:
  PlanChooser(std::unique_ptr<PlanSource> source, PlanChoices choices);

  const ChosenPlan& find(const GraphKey& key) { return chosen(key); }

  /// Queues a run of the graph's plan; why not, and what to do, where it does not run.
  std::string run(const GraphKey& key, const ConvolutionArrays& arrays, cudaStream_t stream);

  /// Why one of the fusion's graphs does not run; else "1.234 ms fused, 1.123 ms not", or nothing
  /// where it is to be fused.
  std::string why_not_fused(const Convolution& convolution, Fusion fusion, ValueType type);

 private:
  ChosenPlan& chosen(const GraphKey& key);
  bool choose_by_name(ChosenPlan& graph, const std::string& name) const;
  void choose_by_time(ChosenPlan& graph, const GraphKey& key);
  std::string why_no_plans(const Convolution& convolution, Fusion fusion, ValueType type);
  std::string why_slower(const Convolution& convolution, Fusion fusion, ValueType type);
  float milliseconds(const GraphKey& key);
  float milliseconds_unfused(const Convolution& convolution, Fusion fusion, ValueType type);

  const std::unique_ptr<PlanSource> source_;
  PlanChoices choices_;
  std::map<GraphKey, ChosenPlan> chosen_;
};

}  // namespace forebay::cuda
