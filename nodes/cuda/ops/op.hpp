#pragma once

// One layer of a network on a GPU, and how it asks the memory plan for buffers.

#include <cuda_runtime.h>

#include <cstdint>
#include <utility>
#include <vector>

#include <forebay/nodes/cuda/convolution.hpp>
#include <forebay/nodes/cuda/kernels/launch.hpp>
#include <forebay/nodes/cuda/kernels/pointwise.hpp>
#include <forebay/nodes/memory/planner.hpp>

namespace forebay::cuda {

enum class Mode : std::uint8_t { kTraining, kInference };

/// What changes from one step to the next; a captured step keeps both.
struct Pass {
  Mode mode = Mode::kTraining;
  cudaStream_t stream = nullptr;
};

/// Arrays that layers share, in the plan. All are of floats, in the layouts of `Weights` and of the
/// network's gradients.
struct SharedBuffers {
  int parameters = -1, gradients = -1, statistics = -1;
  int loss_scale = -1;  // a `LossScale`
};

/// The factor that the loss's gradient has against underflow in fp16, else 1. On the GPU, so that a
/// captured step reads the current one.
struct LossScale {
  float scale = 1, inverse = 1;
  int overflowed = 0;  // a gradient of this step was not finite
};

/// As the CPU's ops: planned once forward and backward, bound, then any number of passes that only
/// queue work. Nothing is allocated after bind.
class Op {
 public:
  explicit Op(std::vector<int> parameters = {}) : parameters_(std::move(parameters)) {}
  virtual ~Op() = default;
  Op(const Op&) = delete;
  Op& operator=(const Op&) = delete;

  /// Indices in Network::parameters of what backward gives gradients for.
  const std::vector<int>& parameters() const { return parameters_; }

  /// Asks for the outputs, and declares what forward reads now.
  virtual void plan_forward(Planner& planner) = 0;

  /// Adds terms to the gradients of its inputs, and declares what backward reads now.
  virtual void plan_backward(Planner& planner) = 0;

  virtual void bind(const Arena& arena, const Planner& planner) = 0;
  virtual void forward(const Pass& pass) = 0;
  virtual void backward(const Pass& pass) = 0;

  /// The shared parameters are new: makes the copies that it computes with.
  virtual void load(const Pass& /*pass*/) {}

 private:
  std::vector<int> parameters_;
};

/// The gradient of an op's output: one or two terms for kernels that add as they read, one for
/// others, which more are summed into before.
template <class Value>
class OutputGradient {
 public:
  /// Declares the terms read now. `most` terms (1 or 2) are left separate.
  void plan(Planner& planner, const Tensor& tensor, std::size_t most) {
    terms_ = tensor.gradients;
    size_ = planner.rows * tensor.row_size();
    for (int term : terms_) planner.read(term);
    if (terms_.size() > most) sum_ = planner.write_values<Value>(size_);
  }

  void bind(const Arena& arena) {
    for (int term : terms_) bound_.push_back(arena.values<Value>(term));
    if (sum_ >= 0) total_ = arena.values<Value>(sum_);
  }

  /// Sums where there are too many terms.
  void gather(const Pass& pass) const {
    if (total_ == nullptr) return;
    const Value* so_far = bound_[0];
    for (std::size_t i = 1; i < bound_.size(); ++i) {
      launch(AddFloor<Value>{so_far, bound_[i], kNoFloor, total_}, packs_of(size_), pass.stream);
      so_far = total_;
    }
  }

  const Value* first() const { return total_ != nullptr ? total_ : bound_[0]; }
  /// Null when there is one term.
  const Value* second() const {
    return total_ == nullptr && bound_.size() > 1 ? bound_[1] : nullptr;
  }

 private:
  std::vector<int> terms_;
  std::vector<const Value*> bound_;
  std::size_t size_ = 0;
  int sum_ = -1;
  Value* total_ = nullptr;
};

}  // namespace forebay::cuda
