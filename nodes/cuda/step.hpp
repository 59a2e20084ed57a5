#pragma once

// A training step planned for a GPU: what runs, and where in memory, before any is taken.

#include <array>
#include <cstddef>
#include <memory>
#include <vector>

#include <forebay/nodes/cuda/convolution.hpp>
#include <forebay/nodes/cuda/ops/convolver.hpp>
#include <forebay/nodes/cuda/ops/ends.hpp>
#include <forebay/nodes/cuda/ops/norm_share.hpp>
#include <forebay/nodes/cuda/ops/op.hpp>
#include <forebay/nodes/cuda/trust_ratios.hpp>
#include <forebay/nodes/network/network.hpp>
#include <forebay/nodes/train/replica.hpp>
#include <forebay/nodes/train/sgd.hpp>

namespace forebay::cuda {

struct StepOptions {
  std::size_t rows = 1;
  float label_smoothing = 0;  // in [0, 1)
  ValueType type = ValueType::kFloat32;
  ValueType reduced = ValueType::kFloat32;  // what GPUs send gradients in
  ImageInput images = {};
  SgdOptions sgd = {};  // whose buffers are in the plan
};

/// As a replica's are.
StepOptions step_options(const ReplicaOptions& options, const SgdOptions& sgd = {});

/// Buffers of the plan for the rows of a step.
struct InputBuffers {
  int images = -1;  // rows x height x width x channels values of the batch's type
  int labels = -1;  // an int for each row
};

/// The optimizer's.
struct UpdateBuffers {
  int velocity = -1;  // as the parameters
  int lr = -1;        // a float
  int ranges = -1;    // a ParameterRange for each parameter
  int reduced = -1;   // gradients on their way to their mean, where that is not of floats
};

/// A network compiled for a GPU, with the plan of the memory that a step needs. Takes none of it.
struct Step {
  Planner planner;
  std::vector<std::unique_ptr<NormShare>> norms = {};  // that ops point to
  std::vector<std::unique_ptr<Op>> ops = {};           // in the order they run forward
  SharedBuffers shared = {};                           // in the plan, as all buffers are
  std::array<InputBuffers, 2> inputs = {};  // one is copied to while a step reads the other
  int logits = -1;                          // rows x classes floats
  int loss = -1;                            // a BatchLoss
  UpdateBuffers update = {};
  std::unique_ptr<TrustRatios> trust_ratios = {};  // where LARS updates
  std::size_t image_bytes = 0;                     // of a row of a batch
  std::size_t bytes = 0;                           // of all buffers, placed: the size of the arena
};

/// `convolver` outlives the ops. Throws `Error` for options out of range, where `fuse` does, and
/// where there is no kernel for a layer; and what `convolver` does.
Step plan_step(const Network& network, const StepOptions& options, Convolver& convolver);

/// What a step takes where all is fused and no convolution needs scratch memory. cuDNN's plans,
/// which are not asked for, may need more. Throws `Error` as `plan_step` does.
std::size_t least_bytes(const Network& network, const StepOptions& options);

}  // namespace forebay::cuda
