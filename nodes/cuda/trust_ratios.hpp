#pragma once

// LARS on a GPU: the trust ratios of many parameters in three launches.

#include <cstddef>
#include <vector>

#include <forebay/nodes/cuda/device.hpp>
#include <forebay/nodes/cuda/kernels/update.hpp>
#include <forebay/nodes/memory/planner.hpp>
#include <forebay/nodes/network/network.hpp>
#include <forebay/nodes/train/sgd.hpp>

namespace forebay::cuda {

/// The trust ratio of each parameter of a network. Owned by its step, in whose plan it has places.
class TrustRatios {
 public:
  TrustRatios(const Network& network, const SgdOptions& options, Planner& planner);

  /// What its kernels read, all in the network's order.
  struct Arrays {
    const ParameterRange* ranges;
    const float *weight, *gradient;
  };

  /// Once, before the first `queue`: where its arrays lie in `arena`, and what is in them from then
  /// on. This outlives what it queues on `stream`.
  void bind(const Arena& arena, const Arrays& arrays, float eta, Stream& stream);

  /// Queues the ratios of the parameters that elements [begin, end) are, whole ones. Returns all
  /// ratios, for `UpdateWeight`.
  const float* queue(std::size_t begin, std::size_t end, cudaStream_t stream) const;

 private:
  std::vector<std::size_t> offsets_;  // of parameters
  std::vector<Stretch> stretches_;    // of those that LARS scales
  std::vector<Index> first_stretch_;  // of each parameter, and of one past the last
  int stretches_there_, first_stretch_there_, lanes_, sums_, ratios_;  // buffers of the plan
  SumLanes sum_lanes_ = {};
  AddLanes add_lanes_ = {};
  TrustRatio ratio_ = {};
};

}  // namespace forebay::cuda
