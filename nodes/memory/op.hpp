#pragma once

// What the layers of every device have in common: how they are planned, bound and run.

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <forebay/nodes/memory/planner.hpp>

namespace forebay {

enum class Mode : std::uint8_t { kTraining, kInference };

/// One compiled layer of a device, whose `Pass` is what changes from one step to the next.
///
/// plan_forward, plan_backward and bind are called once, in this order, then any number of passes.
/// Forward calls come in the order of the layers and backward calls in the opposite order. Nothing
/// allocates after bind, but for what a device's library does.
template <class Pass>
class PlannedOp {
 public:
  explicit PlannedOp(std::vector<int> parameters = {}) : parameters_(std::move(parameters)) {}
  virtual ~PlannedOp() = default;
  PlannedOp(const PlannedOp&) = delete;
  PlannedOp& operator=(const PlannedOp&) = delete;

  /// Indices in Network::parameters of what backward gives gradients for.
  const std::vector<int>& parameters() const { return parameters_; }

  /// Asks for the outputs, and declares what forward reads now.
  virtual void plan_forward(Planner& planner) = 0;

  /// Adds terms to the gradients of its inputs, and declares what backward reads now.
  virtual void plan_backward(Planner& planner) = 0;

  /// Looks up its buffers, which stay where they are.
  virtual void bind(const Arena& arena, const Planner& planner) = 0;

  virtual void forward(const Pass& pass) = 0;
  virtual void backward(const Pass& pass) = 0;

 private:
  std::vector<int> parameters_;
};

/// The gradient of an op's output: one or two terms, which kernels that can add read as they are
/// and others as their sum. Where there are too many, each device has a `gather` that sums them
/// before.
template <class Value>
class OutputGradient {
 public:
  /// Declares the terms read now. `most` terms (1 or 2) are left separate.
  void plan(Planner& planner, const Tensor& tensor, std::size_t most) {
    terms_ = tensor.gradients;
    row_size_ = tensor.row_size();
    size_ = planner.rows * row_size_;
    for (int term : terms_) planner.read(term);
    if (terms_.size() > most) sum_ = planner.write_values<Value>(size_);
  }

  /// Declares that what `first` and `second` give is read now as well.
  void read(Planner& planner) const {
    if (sum_ >= 0) return planner.read(sum_);
    for (int term : terms_) planner.read(term);
  }

  void bind(const Arena& arena) {
    for (int term : terms_) bound_.push_back(arena.values<Value>(term));
    if (sum_ >= 0) total_ = arena.values<Value>(sum_);
  }

  const Value* first() const { return total_ != nullptr ? total_ : bound_[0]; }
  /// Null when there is one term.
  const Value* second() const {
    return total_ == nullptr && bound_.size() > 1 ? bound_[1] : nullptr;
  }

  // For `gather`: two or more terms of `size` values, and where their sum goes; null for nowhere.
  const std::vector<const Value*>& terms() const { return bound_; }
  std::size_t size() const { return size_; }
  std::size_t row_size() const { return row_size_; }
  Value* total() const { return total_; }

 private:
  std::vector<int> terms_;
  std::vector<const Value*> bound_;
  std::size_t size_ = 0, row_size_ = 0;
  int sum_ = -1;
  Value* total_ = nullptr;
};

}  // namespace forebay
