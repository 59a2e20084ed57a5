#pragma once

// Turns a network's layers into ops for one replica.

#include <memory>
#include <vector>

#include <forebay/nodes/cpu/op.hpp>
#include <forebay/nodes/network/network.hpp>
#include <forebay/nodes/train/replica.hpp>

namespace forebay {

/// A network as ops in the order they run forward; `logits` is the tensor they end in, of floats.
struct CompiledNetwork {
  std::vector<std::unique_ptr<Op>> ops;
  int logits = 0;
};

/// The flat arrays that all ops share a part of.
struct FlatArrays {
  std::vector<std::size_t> parameter_offsets, buffer_offsets;  // in elements; sizes at the end
  int gradients = -1, buffers = -1;                            // in the plan
};

/// Adds tensors to `planner` and compiles the layers for its rows and threads, with activations and
/// their gradients of this precision. A norm takes over the ReLU that alone reads it, and the add
/// that alone reads it with that one's ReLU; an add takes over its ReLU; flatten is free. Throws
/// `Error` where a layer needs what there is no kernel for, where nothing reads a layer before the
/// last, and where that one does not give a value per class.
CompiledNetwork compile(const Network& network, Precision precision, Planner& planner,
                        const FlatArrays& arrays);

}  // namespace forebay
