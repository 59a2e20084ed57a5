#pragma once

// One layer of a network on a GPU.

#include <cuda_runtime.h>

#include <cstddef>

#include <forebay/nodes/cuda/convolution.hpp>
#include <forebay/nodes/cuda/kernels/launch.hpp>
#include <forebay/nodes/cuda/kernels/loss_scale.hpp>
#include <forebay/nodes/cuda/kernels/pointwise.hpp>
#include <forebay/nodes/memory/op.hpp>

namespace forebay::cuda {

/// What changes from one step to the next.
struct Pass {
  Mode mode = Mode::kTraining;
  cudaStream_t stream = nullptr;
  const void* images = nullptr;  // on the GPU, as what it points to next
  const int* labels = nullptr;   // a class for each row
  std::size_t rows = 0;          // of both; inference may leave out the last of those planned for
};

/// Arrays that layers share, in the plan. All are of floats, in the layouts of `Weights` and of the
/// network's gradients.
struct SharedBuffers {
  int parameters = -1, gradients = -1, statistics = -1;
  int loss_scale = -1;  // a `LossScale`
};

/// A layer whose passes only queue work.
class Op : public PlannedOp<Pass> {
 public:
  using PlannedOp::PlannedOp;

  /// The shared parameters are new: makes the copies that it computes with.
  virtual void load(const Pass& /*pass*/) {}
};

/// Sums the terms where there are too many.
template <class Value>
void gather(const OutputGradient<Value>& gradient, const Pass& pass) {
  if (gradient.total() == nullptr) return;
  const Value* so_far = gradient.terms()[0];
  for (std::size_t i = 1; i < gradient.terms().size(); ++i) {
    launch(AddFloor<Value>{so_far, gradient.terms()[i], kNoFloor, gradient.total()},
           packs_of(gradient.size()), pass.stream);
    so_far = gradient.total();
  }
}

}  // namespace forebay::cuda
