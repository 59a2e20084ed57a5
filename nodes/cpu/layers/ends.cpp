#include <forebay/nodes/cpu/layers/ends.hpp>

#include <algorithm>

#include <forebay/nodes/cpu/kernels.hpp>
#include <forebay/nodes/cpu/parallel.hpp>

namespace forebay {

template <class Value>
void Images<Value>::plan_forward(Planner& planner) {
  Tensor& images = planner.tensor(kImages);
  rows_ = planner.rows;
  row_size_ = images.row_size();
  threads_ = planner.threads;
  images.value = planner.write_values<Value>(rows_ * row_size_);
}

template <class Value>
void Images<Value>::bind(const Arena& arena, const Planner& planner) {
  y_ = arena.values<Value>(planner.tensor(kImages).value);
}

template <class Value>
void Images<Value>::forward(const Pass& pass) {
  for_each_part(threads_, [this, &pass](int part) {
    const Part range = part_of(pass.rows * row_size_, part, threads_);
    kernels::convert(pass.images + range.begin, range.size(), y_ + range.begin);
  });
  std::fill(y_ + pass.rows * row_size_, y_ + rows_ * row_size_, Value{});
}

template <class Value>
void Logits<Value>::plan_forward(Planner& planner) {
  Tensor& output = planner.tensor(output_);
  size_ = planner.rows * output.row_size();
  planner.read(planner.tensor(input_).value);
  output.value = planner.write_floats(size_);
}

template <class Value>
void Logits<Value>::plan_backward(Planner& planner) {
  gradient_.plan(planner, planner.tensor(output_), 1);
  input_gradient_ = planner.write_values<Value>(size_);
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
void Logits<Value>::forward(const Pass& /*pass*/) {
  kernels::convert(x_, size_, y_);
}

template <class Value>
void Logits<Value>::backward(const Pass& /*pass*/) {
  kernels::convert(gradient_.first(), size_, dx_);
}

template class Images<float>;
template class Images<Bfloat16>;
template class Logits<float>;
template class Logits<Bfloat16>;

}  // namespace forebay
