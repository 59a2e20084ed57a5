#pragma once

// Both ends of a network: images in, the loss of its logits out.

#include <forebay/nodes/cuda/kernels/images.hpp>
#include <forebay/nodes/cuda/kernels/loss.hpp>
#include <forebay/nodes/cuda/ops/op.hpp>

namespace forebay::cuda {

/// Takes float images from a buffer of the plan and gives them four channels. No gradient.
template <class Value>
class Images final : public Op {
 public:
  /// `source`: rows x pixels x channels floats.
  Images(int source, Index channels) : source_(source), channels_(channels) {}

  void plan_forward(Planner& planner) override;
  void plan_backward(Planner& /*planner*/) override {}
  void bind(const Arena& arena, const Planner& planner) override;
  void forward(const Pass& pass) override;
  void backward(const Pass& /*pass*/) override {}

 private:
  const int source_;
  const Index channels_;
  Index pixels_ = 0;
  const float* x_ = nullptr;
  Value* y_ = nullptr;
};

/// Buffers of the plan between the loss and whoever runs steps.
struct LossBuffers {
  int labels = -1;  // an int for each row
  int result = -1;  // a BatchLoss
};

/// Softmax cross-entropy with label smoothing of the network's last tensor, and its gradient. In
/// inference the smoothing is left out.
template <class Value>
class Loss final : public Op {
 public:
  Loss(int input, float smoothing, LossBuffers buffers, int loss_scale)
      : input_(input), smoothing_(smoothing), buffers_(buffers), scale_buffer_(loss_scale) {}

  void plan_forward(Planner& planner) override;
  void plan_backward(Planner& planner) override;
  void bind(const Arena& arena, const Planner& planner) override;
  void forward(const Pass& pass) override;
  void backward(const Pass& pass) override;

  /// The buffer of rows x classes floats.
  int logits() const { return logits_buffer_; }

 private:
  const int input_;
  const float smoothing_;
  const LossBuffers buffers_;
  const int scale_buffer_;
  int logits_buffer_ = -1, rows_buffer_ = -1, input_gradient_ = -1;
  Index rows_ = 0, classes_ = 0;
  const Value* x_ = nullptr;
  float* logits_ = nullptr;
  const int* labels_ = nullptr;
  RowLoss* row_losses_ = nullptr;
  BatchLoss* result_ = nullptr;
  const LossScale* scale_ = nullptr;
  Value* dx_ = nullptr;
};

}  // namespace forebay::cuda
