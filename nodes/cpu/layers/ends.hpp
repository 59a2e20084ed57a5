#pragma once

// Where values become floats: from the caller's images, and to the logits.

#include <forebay/nodes/cpu/op.hpp>

namespace forebay {

/// Copies the images of a pass, and zeros for the rows it leaves out. No gradient flows back.
template <class Value>
class Images final : public Op {
 public:
  void plan_forward(Planner& planner) override;
  void plan_backward(Planner& /*planner*/) override {}
  void bind(const Arena& arena, const Planner& planner) override;
  void forward(const Pass& pass) override;
  void backward(const Pass& /*pass*/) override {}

 private:
  std::size_t row_size_ = 0;
  int threads_ = 1;
  Value* y_ = nullptr;
};

/// What the network computed, as floats; their gradient is made of floats too.
template <class Value>
class Logits final : public Op {
 public:
  Logits(int input, int output) : input_(input), output_(output) {}

  void plan_forward(Planner& planner) override;
  void plan_backward(Planner& planner) override;
  void bind(const Arena& arena, const Planner& planner) override;
  void forward(const Pass& pass) override;
  void backward(const Pass& pass) override;

 private:
  int input_, output_;
  std::size_t row_size_ = 0;
  int input_gradient_ = -1;
  OutputGradient<float> gradient_;
  const Value* x_ = nullptr;
  float* y_ = nullptr;
  Value* dx_ = nullptr;
};

}  // namespace forebay
