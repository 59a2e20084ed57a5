#pragma once

// Runs one layer of the CPU device, maybe of several ops, by itself, for comparison.

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include <forebay/nodes/cpu/op.hpp>
#include <forebay/nodes/cpu/parallel.hpp>

namespace forebay::cuda {

/// Tensors 0 and 1 of `planner` are a layer's inputs and 2 its output; the layer is made with these
/// numbers. Buffers keep their content, so that all may be looked at after the backward pass.
class CpuOp {
 public:
  CpuOp(std::size_t rows, ImageShape input, ImageShape output) : planner(rows, 1) {
    for (const ImageShape& shape : {input, output, output})
      planner.tensors.emplace_back().shape = shape;
    for (int i : {0, 1}) planner.tensor(i).value = planner.keep_floats(size(i));
    gradient_ = planner.keep_floats(size(2));
  }

  /// Forward and backward. `parameters` are handed to the ops one after the other.
  void run(const std::vector<Op*>& ops, const std::vector<float>& input,
           const std::vector<float>& other, const std::vector<float>& output_gradient,
           std::span<const float> parameters = {}) {
    const TeamSize alone(1);
    planner.next_moment();
    for (Op* op : ops) op->plan_forward(planner);
    planner.tensor(2).gradients = {gradient_};
    planner.next_moment();
    for (auto op = ops.rbegin(); op != ops.rend(); ++op) (*op)->plan_backward(planner);
    for (int i : {0, 1, 2}) planner.plan().keep(planner.tensor(i).value);
    for (int i : {0, 1}) {
      for (int gradient : planner.tensor(i).gradients) planner.plan().keep(gradient);
    }
    memory_.resize(planner.plan().place() / sizeof(Line) + 1);
    const Arena arena(memory_.front().bytes, planner.plan());
    for (Op* op : ops) op->bind(arena, planner);
    std::ranges::copy(input, arena.floats(planner.tensor(0).value));
    std::ranges::copy(other, arena.floats(planner.tensor(1).value));
    std::ranges::copy(output_gradient, arena.floats(gradient_));
    for (Op* op : ops) {
      for (std::size_t i = 0; i < op->parameters().size(); ++i) op->load(i, parameters.data());
    }
    run_once(ops);
  }

  std::vector<float> values(int buffer, std::size_t count) {
    const float* at = Arena(memory_.front().bytes, planner.plan()).floats(buffer);
    return {at, at + count};
  }
  std::vector<float> value(int tensor) {
    return values(planner.tensor(tensor).value, size(tensor));
  }
  std::vector<float> gradient(int tensor) {
    return values(planner.tensor(tensor).gradients.front(), size(tensor));
  }

  Planner planner;

 private:
  void run_once(const std::vector<Op*>& ops) const {
    const Pass pass{.rows = planner.rows, .block = {0, planner.rows}};
    for (Op* op : ops) {
      op->start_forward(pass);
      op->forward(pass);
    }
    for (auto op = ops.rbegin(); op != ops.rend(); ++op) {
      (*op)->start_backward(pass);
      (*op)->backward(pass);
      (*op)->finish_backward(pass);
    }
  }

  struct alignas(64) Line {
    std::byte bytes[64];
  };
  std::size_t size(int tensor) const { return planner.rows * planner.tensor(tensor).row_size(); }

  int gradient_ = -1;
  std::vector<Line> memory_;
};

}  // namespace forebay::cuda
