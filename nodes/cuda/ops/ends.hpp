#pragma once

// Both ends of a network: images in, the loss of its logits out.

#include <forebay/nodes/cuda/kernels/images.hpp>
#include <forebay/nodes/cuda/kernels/loss.hpp>
#include <forebay/nodes/cuda/ops/op.hpp>
#include <forebay/nodes/train/replica.hpp>

namespace forebay::cuda {

/// Takes the pass's images, which are of `input`'s type, normalises kUint8 and gives all four
/// channels. Rows that the pass leaves out keep what they had. No gradient.
template <class Value>
class Images final : public Op {
 public:
  Images(Index channels, const ImageInput& input) : channels_(channels), input_(input) {}

  void plan_forward(Planner& planner) override;
  void plan_backward(Planner& /*planner*/) override {}
  void bind(const Arena& arena, const Planner& planner) override;
  void forward(const Pass& pass) override;
  void backward(const Pass& /*pass*/) override {}

 private:
  const Index channels_;
  const ImageInput input_;
  Index pixels_ = 0;  // of a row
  Value* y_ = nullptr;
};

/// Softmax cross-entropy with label smoothing of the network's last tensor, and its gradient. In
/// inference the smoothing is left out, and so are rows that the pass leaves out.
template <class Value>
class Loss final : public Op {
 public:
  /// `result`: the plan's buffer of a BatchLoss.
  Loss(int input, float smoothing, int result, int loss_scale)
      : input_(input), smoothing_(smoothing), result_buffer_(result), scale_buffer_(loss_scale) {}

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
  const int result_buffer_, scale_buffer_;
  int logits_buffer_ = -1, parts_buffer_ = -1, rows_buffer_ = -1, input_gradient_ = -1;
  Index rows_ = 0, classes_ = 0;
  const Value* x_ = nullptr;
  float* logits_ = nullptr;
  PartLoss* part_losses_ = nullptr;
  RowLoss* row_losses_ = nullptr;
  BatchLoss* result_ = nullptr;
  const LossScale* scale_ = nullptr;
  Value* dx_ = nullptr;
};

}  // namespace forebay::cuda
