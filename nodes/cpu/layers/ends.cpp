#include <forebay/nodes/cpu/layers/ends.hpp>

#include <algorithm>

#include <forebay/nodes/cpu/kernels.hpp>
#include <forebay/nodes/cpu/parallel.hpp>

namespace forebay {

template <class Value>
void Images<Value>::plan_forward(Planner& planner) {
  Tensor& images = planner.tensor(kImages);
  row_size_ = images.row_size();
  threads_ = planner.threads;
  images.value = planner.write_values<Value>(planner.rows * row_size_);
}

template <class Value>
void Images<Value>::bind(const Arena& arena, const Planner& planner) {
  y_ = arena.values<Value>(planner.tensor(kImages).value);
}

template <class Value>
void Images<Value>::forward(const Pass& pass) {
  const std::size_t begin = pass.block.begin, end = std::clamp(pass.rows, begin, pass.block.end());
  const float* images = pass.images + std::min(begin, pass.rows) * row_size_;
  for_each_part(threads_, [this, images, begin, end](int part) {
    const Part range = part_of((end - begin) * row_size_, part, threads_);
    kernels::convert(images + range.begin, range.size(), y_ + begin * row_size_ + range.begin);
  });
  std::fill(y_ + end * row_size_, y_ + pass.block.end() * row_size_, Value{});
}

template <class Value>
void Logits<Value>::plan_forward(Planner& planner) {
  Tensor& output = planner.tensor(output_);
  row_size_ = output.row_size();
  planner.read(planner.tensor(input_).value);
  output.value = planner.write_floats(planner.rows * row_size_);
}

template <class Value>
void Logits<Value>::plan_backward(Planner& planner) {
  gradient_.plan(planner, planner.tensor(output_), 1);
  input_gradient_ = planner.write_values<Value>(planner.rows * row_size_);
  planner.tensor(input_).gradients.push_back(input_gradient_);
}

template <class Value>
void Logits<Value>::bind(const Arena& arena, const Planner& planner) {
  x_ = arena.values<Value>(planner.tensor(input_).value);
  y_ = arena.floats(planner.tensor(output_).value);
  gradient_.bind(arena);
  dx_ = arena.values<Value>(input_gradient_);
}

template <class Value>
void Logits<Value>::forward(const Pass& pass) {
  const std::size_t at = pass.block.begin * row_size_;
  kernels::convert(x_ + at, pass.block.rows * row_size_, y_ + at);
}

template <class Value>
void Logits<Value>::backward(const Pass& pass) {
  const std::size_t at = pass.block.begin * row_size_;
  kernels::convert(gradient_.first() + at, pass.block.rows * row_size_, dx_ + at);
}

template class Images<float>;
template class Images<Bfloat16>;
template class Logits<float>;
template class Logits<Bfloat16>;

}  // namespace forebay
