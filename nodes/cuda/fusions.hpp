#pragma once

// What the convolutions of a network do of the work of the batch norms around them.

#include <cstddef>
#include <string>
#include <vector>

#include <forebay/nodes/cuda/ops/convolver.hpp>
#include <forebay/nodes/network/fused.hpp>
#include <forebay/nodes/network/network.hpp>

namespace forebay::cuda {

/// Of one convolution. Norms are indices in FusedNetwork::layers, -1 for none.
struct FusionChoice {
  Fusion fusion = Fusion::kNone;
  int norm_before = -1;      // that it does the work of: with kNormalised
  int norm_behind = -1;      // likewise: with kSums and kNormalised
  std::string why_not = {};  // where the network allows more: `Convolver::why_not_fused`
};

/// By layer of `fused`, which is `fuse(network)`. A convolution may give sums where a batch norm
/// alone reads it, and it has no bias; it may normalise where besides it alone reads a batch norm
/// with a ReLU and without an add. The norms have whole packs of channels. Of that it does what
/// `convolver` has faster plans for. Throws what `convolver` does.
std::vector<FusionChoice> choose_fusions(const Network& network, const FusedNetwork& fused,
                                         std::size_t rows, ValueType type, Convolver& convolver);

/// Those choices in words: "fused batch norms: 32 of 53 convolutions normalise their input, 20 more
/// only sum their output", and a line for each reason why there are not more. No last line break.
std::string describe(const Network& network, const FusedNetwork& fused,
                     const std::vector<FusionChoice>& choices);

}  // namespace forebay::cuda
