#include <forebay/nodes/cuda/ops/convolve.hpp>

#include <algorithm>

#include <forebay/nodes/cuda/kernels/bias.hpp>

namespace forebay::cuda {

template <class Value>
Convolve<Value>::Convolve(const Convolution& convolution, ValueType type, WeightShape shape,
                          ConvolutionPlace place, WeightPlaces places, const SharedBuffers& shared,
                          Convolver& convolver)
    : Op(places.indices),
      convolution_(convolution),
      type_(type),
      shape_(shape),
      place_(place),
      places_(std::move(places)),
      shared_(shared),
      convolver_(convolver) {}

template <class Value>
ConvolutionGraph Convolve<Value>::forward_graph() const {
  if (place_.before != nullptr) return ConvolutionGraph::kNormalisedForward;
  return place_.behind != nullptr ? ConvolutionGraph::kForwardSums : ConvolutionGraph::kForward;
}

template <class Value>
ConvolutionGraph Convolve<Value>::input_gradient_graph() const {
  return place_.before != nullptr ? ConvolutionGraph::kNormalisedInputGradient
                                  : ConvolutionGraph::kInputGradient;
}

template <class Value>
ConvolutionGraph Convolve<Value>::weight_gradient_graph() const {
  return place_.before != nullptr ? ConvolutionGraph::kNormalisedWeightGradient
                                  : ConvolutionGraph::kWeightGradient;
}

template <class Value>
void Convolve<Value>::plan_forward(Planner& planner) {
  Tensor& output = planner.tensor(place_.output);
  outputs_ = planner.rows * output.row_size();
  planner.read(planner.tensor(stored_input()).value);
  output.value = planner.write_values<Value>(outputs_);
  packed_buffer_ = planner.keep(shape_.packed() * sizeof(Value));
  forward_workspace_ =
      planner.write(convolver_.workspace_bytes(convolution_, forward_graph(), type_));
}

template <class Value>
void Convolve<Value>::plan_backward(Planner& planner) {
  Tensor& input = planner.tensor(place_.input);
  const auto workspace = [this](ConvolutionGraph graph) {
    return convolver_.workspace_bytes(convolution_, graph, type_);
  };
  gradient_.plan(planner, planner.tensor(place_.output), 1);
  planner.read(planner.tensor(stored_input()).value);
  packed_gradient_buffer_ = planner.write_values<Value>(shape_.packed());
  std::size_t scratch = workspace(weight_gradient_graph());
  if (place_.input != kImages) {
    input_gradient_ = planner.write_values<Value>(planner.rows * input.row_size());
    input.gradients.push_back(input_gradient_);
    scratch = std::max(scratch, workspace(input_gradient_graph()));
  }
  backward_workspace_ = planner.write(scratch);
}

template <class Value>
void Convolve<Value>::bind(const Arena& arena, const Planner& planner) {
  x_ = arena.values<Value>(planner.tensor(stored_input()).value);
  y_ = arena.values<Value>(planner.tensor(place_.output).value);
  packed_ = arena.values<Value>(packed_buffer_);
  packed_gradient_ = arena.values<Value>(packed_gradient_buffer_);
  if (input_gradient_ >= 0) dx_ = arena.values<Value>(input_gradient_);
  gradient_.bind(arena);
  weight_ = arena.floats(shared_.parameters) + places_.weight;
  weight_gradient_ = arena.floats(shared_.gradients) + places_.weight;
  if (places_.bias) {
    bias_ = arena.floats(shared_.parameters) + *places_.bias;
    bias_gradient_ = arena.floats(shared_.gradients) + *places_.bias;
  }
  scale_ = arena.values<LossScale>(shared_.loss_scale);
  forward_scratch_ = arena.bytes(forward_workspace_);
  backward_scratch_ = arena.bytes(backward_workspace_);
}

template <class Value>
void Convolve<Value>::run(ConvolutionGraph graph, ConvolutionArrays arrays, const Pass& pass) {
  if (place_.behind != nullptr) arrays.sums = place_.behind->sums;
  if (place_.before != nullptr) arrays.norm = place_.before->norm;
  convolver_.run(convolution_, graph, type_, arrays, pass.stream);
}

template <class Value>
void Convolve<Value>::forward(const Pass& pass) {
  run(forward_graph(), {.x = x_, .w = packed_, .out = y_, .workspace = forward_scratch_}, pass);
  if (bias_ == nullptr) return;
  launch(AddBias<Value>{y_, bias_, shape_.out_channels}, static_cast<Index>(outputs_), pass.stream);
}

template <class Value>
void Convolve<Value>::backward(const Pass& pass) {
  gather(gradient_, pass);
  const Value* dy = gradient_.first();
  run(weight_gradient_graph(),
      {.x = x_, .dy = dy, .out = packed_gradient_, .workspace = backward_scratch_}, pass);
  launch(UnpackGradient<Value>{shape_, packed_gradient_, weight_gradient_, &scale_->inverse,
                               &scale_->overflowed},
         shape_.plain(), pass.stream);
  if (bias_ != nullptr) {
    const auto pixels = static_cast<Index>(outputs_ / shape_.out_channels);
    launch(SumBiasGradient<Value>{dy, pixels, shape_.out_channels, &scale_->inverse, bias_gradient_,
                                  &scale_->overflowed},
           shape_.out_channels, pass.stream);
  }
  if (dx_ == nullptr) return;
  run(input_gradient_graph(),
      {.x = x_, .w = packed_, .dy = dy, .out = dx_, .workspace = backward_scratch_}, pass);
}

template <class Value>
void Convolve<Value>::load(const Pass& pass) {
  launch(PackWeights<Value>{shape_, weight_, packed_}, shape_.packed(), pass.stream);
}

template class Convolve<float>;
template class Convolve<__half>;
template class Convolve<__nv_bfloat16>;

}  // namespace forebay::cuda
