#pragma once

// The sum of two layers, or one layer alone, with the ReLU that follows.

#include <forebay/nodes/cuda/ops/op.hpp>

namespace forebay::cuda {

/// y = max(a [+ b], floor); `b` is -1 where there is none.
template <class Value>
class Add final : public Op {
 public:
  Add(int a, int b, int output, float floor) : a_(a), b_(b), output_(output), floor_(floor) {}

  void plan_forward(Planner& planner) override;
  void plan_backward(Planner& planner) override;
  void bind(const Arena& arena, const Planner& planner) override;
  void forward(const Pass& pass) override;
  void backward(const Pass& pass) override;

 private:
  const int a_, b_, output_;
  const float floor_;
  std::size_t size_ = 0;
  int input_gradient_ = -1;
  OutputGradient<Value> gradient_;
  const Value *a_values_ = nullptr, *b_values_ = nullptr;
  Value *y_ = nullptr, *dz_ = nullptr;
};

}  // namespace forebay::cuda
