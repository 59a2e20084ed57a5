#pragma once

// One layer of a network on the CPU.

#include <cstddef>

#include <forebay/nodes/memory/op.hpp>

namespace forebay {

/// What changes from one step to the next.
struct Pass {
  Mode mode = Mode::kTraining;
  const float* images = nullptr;
  std::size_t rows = 0;  // of images; inference may leave out the last of those compiled for
};

class Op : public PlannedOp<Pass> {
 public:
  using PlannedOp::PlannedOp;

  /// Takes over parameter `which` of its own from the flat array of all parameters.
  virtual void load(std::size_t /*which*/, const float* /*parameters*/) {}
};

/// Sums the terms where there are too many.
template <class Value>
void gather(const OutputGradient<Value>& gradient, int threads);

}  // namespace forebay
