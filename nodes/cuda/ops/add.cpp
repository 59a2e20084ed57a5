#include <forebay/nodes/cuda/ops/add.hpp>

namespace forebay::cuda {

template <class Value>
void Add<Value>::plan_forward(Planner& planner) {
  Tensor& output = planner.tensor(output_);
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
void Add<Value>::forward(const Pass& pass) {
  launch(AddFloor<Value>{a_values_, b_values_, floor_, y_}, packs_of(size_), pass.stream);
}

template <class Value>
void Add<Value>::backward(const Pass& pass) {
  gradient_.gather(pass);
  launch(MaskGradient<Value>{gradient_.first(), gradient_.second(), y_, floor_, dz_},
         packs_of(size_), pass.stream);
}

template class Add<float>;
template class Add<__half>;
template class Add<__nv_bfloat16>;

}  // namespace forebay::cuda
