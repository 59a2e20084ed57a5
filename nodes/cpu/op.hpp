#pragma once

// A layer of a network on the CPU, or a part of one.

#include <cstddef>

#include <forebay/nodes/memory/op.hpp>

namespace forebay {

/// Rows of a batch that go through a group of ops before the next ones do.
struct Block {
  std::size_t begin = 0, rows = 0;
  bool first = true, last = true;  // of those that run

  std::size_t end() const { return begin + rows; }
};

/// Where the rows of a tensor are.
template <class Value>
struct Rows {
  Value* first = nullptr;
  std::size_t size = 0;  // values of one; 0 where every block is in the same place

  Value* of(const Block& block) const { return first + block.begin * size; }
};
template <class Value>
Rows<Value> values_of(const Tensor& tensor, const Arena& arena) {
  return {arena.values<Value>(tensor.value), tensor.value_rows == 0 ? tensor.row_size() : 0};
}
/// Of the gradient, or a term of it, that is at `first`.
template <class Value>
Rows<Value> gradients_of(const Tensor& tensor, Value* first) {
  return {first, tensor.gradient_rows == 0 ? tensor.row_size() : 0};
}

/// What changes from one call to the next.
struct Pass {
  Mode mode = Mode::kTraining;
  const float* images = nullptr;
  std::size_t rows = 0;  // of images; inference may leave out the last of those compiled for
  Block block;           // what `forward` and `backward` work on
};

class Op : public PlannedOp<Pass> {
 public:
  using PlannedOp::PlannedOp;

  /// What needs all rows of what it reads, before the first block or after the last.
  virtual void start_forward(const Pass& /*pass*/) {}
  virtual void start_backward(const Pass& /*pass*/) {}
  virtual void finish_backward(const Pass& /*pass*/) {}

  /// Takes over parameter `which` of its own from the flat array of all parameters.
  virtual void load(std::size_t /*which*/, const float* /*parameters*/) {}
};

/// Sums the terms of the block's rows where there are too many.
template <class Value>
void gather(const OutputGradient<Value>& gradient, const Block& block, int threads);

}  // namespace forebay
