#pragma once

// The residual add where no norm takes it over, and the ReLU.

#include <forebay/nodes/cpu/layers/norm.hpp>
#include <forebay/nodes/memory/planned_layers.hpp>

namespace forebay {

/// y = activation(a [+ b]).
template <class Value>
class Add final : public PlannedAdd<Op, Value> {
 public:
  /// `b` is -1 for a lone activation.
  Add(int a, int b, int output, Activation activation, const Planner& planner)
      : PlannedAdd<Op, Value>(a, b, output),
        floor_(floor_of(activation)),
        threads_(planner.threads) {}

  void forward(const Pass& pass) override;
  void backward(const Pass& pass) override;

 private:
  const float floor_;
  const int threads_;
};

}  // namespace forebay
