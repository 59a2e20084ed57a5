#pragma once

// One compiled layer, and how it asks the memory plan for buffers.

#include <cstddef>
#include <vector>

#include <forebay/nodes/cpu/plan.hpp>
#include <forebay/nodes/network/shape.hpp>

namespace forebay {

/// The output of a layer: where its values lie, and the terms whose sum is its gradient.
struct Tensor {
  ImageShape shape;            // of one row; NHWC in memory
  int value = -1;              // buffer of rows x shape values
  std::vector<int> gradients;  // a buffer from each layer that reads the tensor

  std::size_t channels() const { return static_cast<std::size_t>(shape.channels); }
  std::size_t pixels() const { return static_cast<std::size_t>(shape.height * shape.width); }
  std::size_t row_size() const { return channels() * pixels(); }
};

/// The network's input is tensor 0: a copy of the caller's images; no gradient flows to it.
constexpr int kImages = 0;

/// Collects the buffers of all ops while it walks through a step: forward, loss, backward.
class Planner {
 public:
  Planner(std::size_t row_count, int thread_count) : rows(row_count), threads(thread_count) {}

  const std::size_t rows;
  const int threads;
  std::vector<Tensor> tensors;

  Tensor& tensor(int index) { return tensors[static_cast<std::size_t>(index)]; }
  const Tensor& tensor(int index) const { return tensors[static_cast<std::size_t>(index)]; }
  void next_moment() { ++now_; }

  /// A buffer that is written now.
  int write(std::size_t bytes) {
    const int buffer = plan_.add(bytes);
    plan_.use(buffer, now_);
    return buffer;
  }
  template <class Value>
  int write_values(std::size_t count) {
    return write(count * sizeof(Value));
  }
  int write_floats(std::size_t count) { return write_values<float>(count); }

  /// A buffer that keeps its content from step to step.
  int keep(std::size_t bytes) {
    const int buffer = plan_.add(bytes);
    plan_.keep(buffer);
    return buffer;
  }
  int keep_floats(std::size_t count) { return keep(count * sizeof(float)); }

  void read(int buffer) { plan_.use(buffer, now_); }
  MemoryPlan& plan() { return plan_; }

 private:
  MemoryPlan plan_;
  int now_ = 0;
};

/// The block of memory that a plan was placed in.
class Arena {
 public:
  Arena(std::byte* base, const MemoryPlan& plan) : base_(base), plan_(&plan) {}

  void* bytes(int buffer) const { return base_ + plan_->offset(buffer); }
  template <class Value>
  Value* values(int buffer) const {
    return static_cast<Value*>(bytes(buffer));
  }
  float* floats(int buffer) const { return values<float>(buffer); }

 private:
  std::byte* base_;
  const MemoryPlan* plan_;
};

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
