#pragma once

// The residual add where no norm takes it over, and the ReLU.

#include <forebay/nodes/cpu/layers/norm.hpp>

namespace forebay {

/// y = activation(a [+ b]). Both inputs share one gradient buffer.
template <class Value>
class Add final : public Op {
 public:
  /// `b` is -1 for a lone activation.
  Add(int a, int b, int output, Activation activation);

  void plan_forward(Planner& planner) override;
  void plan_backward(Planner& planner) override;
  void bind(const Arena& arena, const Planner& planner) override;
  void forward(const Pass& pass) override;
  void backward(const Pass& pass) override;

 private:
  int a_, b_, output_;
  float floor_;
  std::size_t size_ = 0;
  int threads_ = 1;
  int input_gradient_ = -1;
  OutputGradient<Value> gradient_;
  const Value *a_values_ = nullptr, *b_values_ = nullptr;
  Value *y_ = nullptr, *dz_ = nullptr;
};

}  // namespace forebay
