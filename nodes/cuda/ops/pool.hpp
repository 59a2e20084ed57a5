#pragma once

// Pooling, by own kernels. Channels are a multiple of kPack.

#include <forebay/nodes/cuda/kernels/pool.hpp>
#include <forebay/nodes/cuda/ops/op.hpp>
#include <forebay/nodes/memory/planned_layers.hpp>
#include <forebay/nodes/network/network.hpp>

namespace forebay::cuda {

/// Keeps a byte for each output: where in the window the largest value was.
template <class Value>
class MaxPooling final : public Op {
 public:
  MaxPooling(const Layer& layer, int input, int output, const Planner& planner);

  void plan_forward(Planner& planner) override;
  void plan_backward(Planner& planner) override;
  void bind(const Arena& arena, const Planner& planner) override;
  void forward(const Pass& pass) override;
  void backward(const Pass& pass) override;

 private:
  const int input_, output_;
  const PoolShape shape_;
  int places_buffer_ = -1, input_gradient_ = -1;
  OutputGradient<Value> gradient_;
  const Value* x_ = nullptr;
  Value *y_ = nullptr, *dx_ = nullptr;
  std::uint8_t* places_ = nullptr;
};

template <class Value>
class AveragePooling final : public PlannedAveragePool<Op, Value> {
 public:
  using PlannedAveragePool<Op, Value>::PlannedAveragePool;

  void forward(const Pass& pass) override;
  void backward(const Pass& pass) override;
};

}  // namespace forebay::cuda
