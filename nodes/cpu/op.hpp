#pragma once

// One compiled layer, and how it asks the memory plan for buffers.

#include <cstddef>
#include <vector>

#include <forebay/nodes/memory/planner.hpp>

namespace forebay {

enum class Mode { kTraining, kInference };

/// What changes from one step to the next.
struct Pass {
  Mode mode = Mode::kTraining;
  const float* images = nullptr;
  std::size_t rows = 0;  // of images; inference may leave out the last of those compiled for
};

/// The constructor compiles the layer; then plan_forward, plan_backward and bind are called once,
/// in this order, then any number of passes. Forward calls come in the order of the layers and
/// backward calls in the opposite order. Nothing allocates after bind, but for what oneDNN does.
class Op {
 public:
  explicit Op(std::vector<int> parameters) : parameters_(std::move(parameters)) {}
  virtual ~Op() = default;
  Op(const Op&) = delete;
  Op& operator=(const Op&) = delete;

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

  /// Takes over parameter `which` of its own from the flat array of all parameters.
  virtual void load(std::size_t /*which*/, const float* /*parameters*/) {}

 private:
  std::vector<int> parameters_;
};

/// The gradient of an op's output: one or two terms, which kernels that can add read as they are
/// and others as their sum. A tensor that more than two layers read is summed before.
template <class Value>
class OutputGradient {
 public:
  /// Declares the terms read now. `most` terms (1 or 2) are left separate.
  void plan(Planner& planner, const Tensor& tensor, std::size_t most);
  void bind(const Arena& arena);

  /// Sums where there are too many terms.
  void gather() const;

  const Value* first() const { return first_; }
  const Value* second() const { return second_; }  // null when there is one term
  int buffer() const { return terms_.size() == 1 ? terms_.front() : sum_; }

 private:
  std::vector<int> terms_;
  std::vector<const Value*> bound_;
  std::size_t size_ = 0, most_ = 1;
  int sum_ = -1, threads_ = 1;
  Value* total_ = nullptr;
  const Value* first_ = nullptr;
  const Value* second_ = nullptr;
};

}  // namespace forebay
