#include <forebay/nodes/cuda/ops/ends.hpp>

namespace forebay::cuda {

template <class Value>
void Images<Value>::plan_forward(Planner& planner) {
  Tensor& images = planner.tensor(kImages);
  pixels_ = static_cast<Index>(images.pixels());
  images.value = planner.write_values<Value>(planner.rows * images.row_size());
}

template <class Value>
void Images<Value>::bind(const Arena& arena, const Planner& planner) {
  y_ = arena.values<Value>(planner.tensor(kImages).value);
}

template <class Value>
void Images<Value>::forward(const Pass& pass) {
  const Index count = static_cast<Index>(pass.rows) * pixels_;
  if (input_.type == SampleType::kFloat32) {
    launch(PadImages<float, Value>{static_cast<const float*>(pass.images), y_, channels_}, count,
           pass.stream);
    return;
  }
  PadImages<std::uint8_t, Value> pad{static_cast<const std::uint8_t*>(pass.images), y_, channels_};
  for (std::size_t c = 0; c < input_.mean.size(); ++c) {
    pad.mean[c] = input_.mean[c];
    pad.scale[c] = 1 / input_.std_dev[c];
  }
  launch(pad, count, pass.stream);
}

template <class Value>
void Loss<Value>::plan_forward(Planner& planner) {
  const Tensor& input = planner.tensor(input_);
  rows_ = static_cast<Index>(planner.rows);
  classes_ = static_cast<Index>(input.row_size());
  planner.read(input.value);
  logits_buffer_ = planner.write_floats(rows_ * std::size_t{classes_});
  parts_buffer_ = planner.write_values<PartLoss>(rows_ * std::size_t{kLossLanes});
  rows_buffer_ = planner.write_values<RowLoss>(rows_);
}

template <class Value>
void Loss<Value>::plan_backward(Planner& planner) {
  planner.read(logits_buffer_);
  planner.read(rows_buffer_);
  input_gradient_ = planner.write_values<Value>(rows_ * std::size_t{classes_});
  planner.tensor(input_).gradients.push_back(input_gradient_);
}

template <class Value>
void Loss<Value>::bind(const Arena& arena, const Planner& planner) {
  x_ = arena.values<Value>(planner.tensor(input_).value);
  logits_ = arena.floats(logits_buffer_);
  part_losses_ = arena.values<PartLoss>(parts_buffer_);
  row_losses_ = arena.values<RowLoss>(rows_buffer_);
  result_ = arena.values<BatchLoss>(result_buffer_);
  scale_ = arena.values<LossScale>(scale_buffer_);
  dx_ = arena.values<Value>(input_gradient_);
}

template <class Value>
void Loss<Value>::forward(const Pass& pass) {
  const float smoothing = pass.mode == Mode::kTraining ? smoothing_ : 0;
  launch(Cast<Value, float>{x_, logits_}, static_cast<Index>(rows_ * std::size_t{classes_}),
         pass.stream);
  const auto rows = static_cast<Index>(pass.rows);
  launch(LossOfPart{logits_, pass.labels, classes_, part_losses_}, rows * kLossLanes, pass.stream);
  launch(LossOfRow{part_losses_, logits_, pass.labels, classes_, smoothing, row_losses_}, rows,
         pass.stream);
  launch(SumLosses{row_losses_, rows, result_}, 1, pass.stream);
}

template <class Value>
void Loss<Value>::backward(const Pass& pass) {
  launch(LossGradient<Value>{logits_, pass.labels, row_losses_, classes_, rows_, smoothing_,
                             &scale_->scale, dx_},
         rows_ * classes_, pass.stream);
}

template class Images<float>;
template class Images<__half>;
template class Images<__nv_bfloat16>;
template class Loss<float>;
template class Loss<__half>;
template class Loss<__nv_bfloat16>;

}  // namespace forebay::cuda
