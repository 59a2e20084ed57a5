#pragma once

// Max pooling through oneDNN, and the mean over each image.

#include <forebay/nodes/cpu/onednn.hpp>
#include <forebay/nodes/memory/planned_layers.hpp>
#include <forebay/nodes/network/network.hpp>

namespace forebay {

/// oneDNN notes in a workspace which input was the largest, for the way back.
template <class Value>
class MaxPool final : public Op {
 public:
  /// `block` is the rows of a pass's block.
  MaxPool(const Layer& layer, int input, int output, std::size_t block, const Planner& planner);

  void plan_forward(Planner& planner) override;
  void plan_backward(Planner& planner) override;
  void bind(const Arena& arena, const Planner& planner) override;
  void forward(const Pass& pass) override;
  void backward(const Pass& pass) override;

 private:
  std::byte* workspace(const Block& block) const;

  const int input_, output_, threads_;
  const std::size_t block_;
  dnnl::pooling_forward::primitive_desc forward_layout_;
  dnnl::pooling_backward::primitive_desc backward_layout_;
  int workspace_ = -1, forward_scratch_ = -1, backward_scratch_ = -1, input_gradient_ = -1;
  OutputGradient<Value> gradient_;
  Rows<const Value> x_, dy_;
  Rows<Value> y_, dx_;
  std::byte* workspaces_ = nullptr;
  std::size_t workspace_size_ = 0;  // bytes for one block
  onednn::Call forward_, backward_;
};

template <class Value>
class AveragePool final : public PlannedAveragePool<Op, Value> {
 public:
  AveragePool(int input, int output, const Planner& planner)
      : PlannedAveragePool<Op, Value>(input, output), threads_(planner.threads) {}

  void forward(const Pass& pass) override;
  void backward(const Pass& pass) override;

 private:
  const int threads_;
};

}  // namespace forebay
