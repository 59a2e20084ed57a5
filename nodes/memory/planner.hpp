#pragma once

// How the layers of a network on a device ask the memory plan for buffers.

#include <cstddef>
#include <vector>

#include <forebay/nodes/memory/plan.hpp>
#include <forebay/nodes/network/shape.hpp>

namespace forebay {

/// The output of a layer: where its values lie, and the terms whose sum is its gradient.
struct Tensor {
  ImageShape shape;            // of one row; NHWC in memory
  int value = -1;              // buffer of rows x shape values
  std::vector<int> gradients;  // a buffer from each layer that reads the tensor
  // Rows that are in memory at a time, of values and of each gradient; 0 for all. Others are for
  // the CPU's norms and convolutions alone.
  std::size_t value_rows = 0, gradient_rows = 0;

  std::size_t channels() const { return static_cast<std::size_t>(shape.channels); }
  std::size_t pixels() const { return static_cast<std::size_t>(shape.height * shape.width); }
  std::size_t row_size() const { return channels() * pixels(); }
};

/// The network's input is tensor 0: a copy of the caller's images; no gradient flows to it.
constexpr int kImages = 0;

/// Collects the buffers of all ops while it walks through a step: forward, loss, backward.
class Planner {
 public:
  Planner(std::size_t row_count, int thread_count, std::size_t alignment = 64)
      : rows(row_count), threads(thread_count), plan_(alignment) {}

  const std::size_t rows;
  const int threads;
  std::vector<Tensor> tensors;

  Tensor& tensor(int index) { return tensors[static_cast<std::size_t>(index)]; }
  const Tensor& tensor(int index) const { return tensors[static_cast<std::size_t>(index)]; }
  void next_moment() { ++now_; }

  /// A buffer for a tensor's values, or for a term of its gradient, that is written now.
  template <class Value>
  int write_value_of(const Tensor& tensor) {
    return write_values<Value>((tensor.value_rows == 0 ? rows : tensor.value_rows) *
                               tensor.row_size());
  }
  template <class Value>
  int write_gradient_of(const Tensor& tensor) {
    return write_values<Value>((tensor.gradient_rows == 0 ? rows : tensor.gradient_rows) *
                               tensor.row_size());
  }

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

}  // namespace forebay
