#pragma once

// Layers that every device plans alike; `Op` is the device's, which adds how they run.

#include <cstddef>

#include <forebay/nodes/memory/op.hpp>

namespace forebay {

/// y = max(a [+ b], floor): the residual add where no norm takes it over, and the ReLU. Both inputs
/// share one gradient buffer.
template <class Op, class Value>
class PlannedAdd : public Op {
 public:
  /// `b` is -1 for a lone ReLU.
  PlannedAdd(int a, int b, int output) : a_(a), b_(b), output_(output) {}

  void plan_forward(Planner& planner) final {
    Tensor& output = planner.tensor(output_);
    row_size_ = output.row_size();
    size_ = planner.rows * row_size_;
    planner.read(planner.tensor(a_).value);
    if (b_ >= 0) planner.read(planner.tensor(b_).value);
    output.value = planner.write_values<Value>(size_);
  }

  void plan_backward(Planner& planner) final {
    const Tensor& output = planner.tensor(output_);
    gradient_.plan(planner, output, 2);
    planner.read(output.value);
    input_gradient_ = planner.write_values<Value>(size_);
    planner.tensor(a_).gradients.push_back(input_gradient_);
    if (b_ >= 0) planner.tensor(b_).gradients.push_back(input_gradient_);
  }

  void bind(const Arena& arena, const Planner& planner) final {
    const auto value = [&](int tensor) {
      return arena.values<Value>(planner.tensor(tensor).value);
    };
    a_values_ = value(a_);
    if (b_ >= 0) b_values_ = value(b_);
    y_ = value(output_);
    gradient_.bind(arena);
    dz_ = arena.values<Value>(input_gradient_);
  }

 protected:
  std::size_t size_ = 0, row_size_ = 0;
  OutputGradient<Value> gradient_;
  const Value *a_values_ = nullptr, *b_values_ = nullptr;
  Value *y_ = nullptr, *dz_ = nullptr;

 private:
  const int a_, b_, output_;
  int input_gradient_ = -1;
};

/// One value per row and channel.
template <class Op, class Value>
class PlannedAveragePool : public Op {
 public:
  PlannedAveragePool(int input, int output) : input_(input), output_(output) {}

  void plan_forward(Planner& planner) final {
    const Tensor& input = planner.tensor(input_);
    rows_ = planner.rows;
    pixels_ = input.pixels();
    channels_ = input.channels();
    planner.read(input.value);
    planner.tensor(output_).value = planner.write_values<Value>(rows_ * channels_);
  }

  void plan_backward(Planner& planner) final {
    gradient_.plan(planner, planner.tensor(output_), 1);
    input_gradient_ = planner.write_values<Value>(rows_ * pixels_ * channels_);
    planner.tensor(input_).gradients.push_back(input_gradient_);
  }

  void bind(const Arena& arena, const Planner& planner) final {
    x_ = arena.values<Value>(planner.tensor(input_).value);
    y_ = arena.values<Value>(planner.tensor(output_).value);
    gradient_.bind(arena);
    dx_ = arena.values<Value>(input_gradient_);
  }

 protected:
  std::size_t rows_ = 0, pixels_ = 0, channels_ = 0;
  OutputGradient<Value> gradient_;
  const Value* x_ = nullptr;
  Value *y_ = nullptr, *dx_ = nullptr;

 private:
  const int input_, output_;
  int input_gradient_ = -1;
};

}  // namespace forebay
