#pragma once

// The sum of two layers, or one layer alone, with the ReLU that follows.

#include <forebay/nodes/cuda/ops/op.hpp>
#include <forebay/nodes/memory/planned_layers.hpp>

namespace forebay::cuda {

template <class Value>
class Add final : public PlannedAdd<Op, Value> {
 public:
  Add(int a, int b, int output, float floor) : PlannedAdd<Op, Value>(a, b, output), floor_(floor) {}

  void forward(const Pass& pass) override;
  void backward(const Pass& pass) override;

 private:
  const float floor_;
};

}  // namespace forebay::cuda
