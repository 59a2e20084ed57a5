#pragma once

// Turns a network's layers into ops for one replica.

#include <memory>
#include <vector>

#include <forebay/nodes/cpu/blocks.hpp>
#include <forebay/nodes/network/network.hpp>
#include <forebay/nodes/train/replica.hpp>

namespace forebay {

/// A network as ops in the order they run forward, and as groups of them; `logits` is the tensor
/// they end in, of floats.
struct CompiledNetwork {
  std::vector<std::unique_ptr<Op>> ops;
  std::vector<OpGroup> groups;
  int logits = 0;
};

/// The flat arrays that all ops share a part of.
struct FlatArrays {
  std::vector<std::size_t> parameter_offsets, buffer_offsets;  // in elements; sizes at the end
  int gradients = -1, buffers = -1;                            // in the plan
};

/// Adds tensors to `planner` and compiles the fused layers for its rows and threads, with
/// activations and their gradients of this precision. Throws `Error` where `fuse` does and where a
/// layer needs what there is no kernel for.
CompiledNetwork compile(const Network& network, Precision precision, Planner& planner,
                        const FlatArrays& arrays);

}  // namespace forebay
