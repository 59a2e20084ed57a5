#include <forebay/nodes/cuda/ops/pool.hpp>

namespace forebay::cuda {
namespace {

PoolShape shape_of(const Layer& layer, const Tensor& input, std::size_t rows) {
  return {.rows = static_cast<Index>(rows),
          .height = static_cast<Index>(input.shape.height),
          .width = static_cast<Index>(input.shape.width),
          .channels = static_cast<Index>(input.shape.channels),
          .out_height = static_cast<Index>(layer.output.height),
          .out_width = static_cast<Index>(layer.output.width),
          .kernel = static_cast<Index>(layer.kernel),
          .stride = static_cast<Index>(layer.stride),
          .padding = static_cast<Index>(layer.padding)};
}

}  // namespace

template <class Value>
MaxPooling<Value>::MaxPooling(const Layer& layer, int input, int output, const Planner& planner)
    : input_(input),
      output_(output),
      shape_(shape_of(layer, planner.tensor(input), planner.rows)) {}

template <class Value>
void MaxPooling<Value>::plan_forward(Planner& planner) {
  Tensor& output = planner.tensor(output_);
  const std::size_t outputs = planner.rows * output.row_size();
  planner.read(planner.tensor(input_).value);
  output.value = planner.write_values<Value>(outputs);
  places_buffer_ = planner.write(outputs);
}

template <class Value>
void MaxPooling<Value>::plan_backward(Planner& planner) {
  Tensor& input = planner.tensor(input_);
  gradient_.plan(planner, planner.tensor(output_), 1);
  planner.read(places_buffer_);
  input_gradient_ = planner.write_values<Value>(planner.rows * input.row_size());
  input.gradients.push_back(input_gradient_);
}

template <class Value>
void MaxPooling<Value>::bind(const Arena& arena, const Planner& planner) {
  x_ = arena.values<Value>(planner.tensor(input_).value);
  y_ = arena.values<Value>(planner.tensor(output_).value);
  places_ = arena.values<std::uint8_t>(places_buffer_);
  gradient_.bind(arena);
  dx_ = arena.values<Value>(input_gradient_);
}

template <class Value>
void MaxPooling<Value>::forward(const Pass& pass) {
  launch(MaxPool<Value>{shape_, x_, y_, places_}, shape_.outputs(), pass.stream);
}

template <class Value>
void MaxPooling<Value>::backward(const Pass& pass) {
  gather(gradient_, pass);
  launch(MaxPoolBackward<Value>{shape_, gradient_.first(), places_, dx_}, shape_.inputs(),
         pass.stream);
}

template <class Value>
void AveragePooling<Value>::forward(const Pass& pass) {
  const auto pixels = static_cast<Index>(this->pixels_);
  const auto channels = static_cast<Index>(this->channels_);
  launch(AveragePool<Value>{this->x_, pixels, channels, this->y_},
         static_cast<Index>(this->rows_) * (channels / kPack), pass.stream);
}

template <class Value>
void AveragePooling<Value>::backward(const Pass& pass) {
  gather(this->gradient_, pass);
  const auto pixels = static_cast<Index>(this->pixels_);
  const auto channels = static_cast<Index>(this->channels_);
  launch(AveragePoolBackward<Value>{this->gradient_.first(), pixels, channels, this->dx_},
         static_cast<Index>(this->rows_) * pixels * (channels / kPack), pass.stream);
}

template class MaxPooling<float>;
template class MaxPooling<__half>;
template class MaxPooling<__nv_bfloat16>;
template class AveragePooling<float>;
template class AveragePooling<__half>;
template class AveragePooling<__nv_bfloat16>;

}  // namespace forebay::cuda
