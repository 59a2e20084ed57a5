#include <forebay/nodes/cpu/layers/add.hpp>

#include <forebay/nodes/cpu/parallel.hpp>

namespace forebay {

template <class Value>
Add<Value>::Add(int a, int b, int output, Activation activation)
    : Op({}), a_(a), b_(b), output_(output), floor_(floor_of(activation)) {}

template <class Value>
void Add<Value>::plan_forward(Planner& planner) {
  Tensor& output = planner.tensor(output_);
  threads_ = planner.threads;
  size_ = planner.rows * output.row_size();
  planner.read(planner.tensor(a_).value);
  if (b_ >= 0) planner.read(planner.tensor(b_).value);
  output.value = planner.write_values<Value>(size_);
}

template <class Value>
void Add<Value>::plan_backward(Planner& planner) {
  const Tensor& output = planner.tensor(output_);
  gradient_.plan(planner, output, 2);
  planner.read(output.value);
  input_gradient_ = planner.write_values<Value>(size_);
  planner.tensor(a_).gradients.push_back(input_gradient_);
  if (b_ >= 0) planner.tensor(b_).gradients.push_back(input_gradient_);
}

template <class Value>
void Add<Value>::bind(const Arena& arena, const Planner& planner) {
  const auto value = [&](int tensor) { return arena.values<Value>(planner.tensor(tensor).value); };
  a_values_ = value(a_);
  if (b_ >= 0) b_values_ = value(b_);
  y_ = value(output_);
  gradient_.bind(arena);
  dz_ = arena.values<Value>(input_gradient_);
}

template <class Value>
void Add<Value>::forward(const Pass& /*pass*/) {
  for_each_part(threads_, [this](int part) {
    const Part range = part_of(size_, part, threads_);
    const Value* b = b_values_ == nullptr ? nullptr : b_values_ + range.begin;
    kernels::add_floor(a_values_ + range.begin, b, range.size(), floor_, y_ + range.begin);
  });
}

template <class Value>
void Add<Value>::backward(const Pass& /*pass*/) {
  gradient_.gather();
  for_each_part(threads_, [this](int part) {
    const Part range = part_of(size_, part, threads_);
    const Value* second = gradient_.second();
    kernels::mask_gradient(gradient_.first() + range.begin,
                           second == nullptr ? nullptr : second + range.begin, y_ + range.begin,
                           range.size(), floor_, dz_ + range.begin);
  });
}

template class Add<float>;
template class Add<Bfloat16>;

}  // namespace forebay
