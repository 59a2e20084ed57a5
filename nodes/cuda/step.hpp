#pragma once

// A training step planned for a GPU: what runs, and where in memory, before any is taken.

#include <cstddef>
#include <memory>
#include <vector>

#include <forebay/nodes/cuda/convolution.hpp>
#include <forebay/nodes/cuda/ops/convolver.hpp>
#include <forebay/nodes/cuda/ops/ends.hpp>
#include <forebay/nodes/cuda/ops/op.hpp>
#include <forebay/nodes/network/network.hpp>

namespace forebay::cuda {

struct StepOptions {
  std::size_t rows = 1;
  float label_smoothing = 0;  // in [0, 1)
  ValueType type = ValueType::kFloat32;
};

/// A network compiled for a GPU, with the plan of the memory that a step needs. Takes none of it.
struct Step {
  Planner planner;
  std::vector<std::unique_ptr<Op>> ops;  // in the order they run forward
  SharedBuffers shared;                  // in the plan, as all buffers are
  int images = -1;                       // rows x height x width x channels floats
  int logits = -1;                       // rows x classes floats
  LossBuffers loss;
  std::size_t bytes = 0;  // of all buffers, placed: the size of the arena
};

/// `convolver` outlives the ops. Throws `Error` for options out of range, where `fuse` does, and
/// where there is no kernel for a layer; and what `convolver` does.
Step plan_step(const Network& network, const StepOptions& options, Convolver& convolver);

}  // namespace forebay::cuda
