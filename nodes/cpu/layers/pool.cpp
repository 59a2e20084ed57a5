#include <forebay/nodes/cpu/layers/pool.hpp>

#include <forebay/nodes/cpu/kernels.hpp>
#include <forebay/nodes/cpu/parallel.hpp>

namespace forebay {

template <class Value>
MaxPool<Value>::MaxPool(const Layer& layer, int input, int output, std::size_t block,
                        const Planner& planner)
    : input_(input), output_(output), threads_(planner.threads), block_(block) {
  constexpr auto kMax = dnnl::algorithm::pooling_max;
  const auto& from = planner.tensor(input).shape;
  const auto source = onednn::images<Value>(block, from);
  const auto target = onednn::images<Value>(block, layer.output);
  const dnnl::memory::dims kernel{layer.kernel, layer.kernel}, strides{layer.stride, layer.stride};
  const dnnl::memory::dims padding{layer.padding, layer.padding};
  forward_layout_ = {
      {dnnl::prop_kind::forward_training, kMax, source, target, strides, kernel, padding, padding},
      onednn::attributes(),
      onednn::engine()};
  backward_layout_ = {{kMax, source, target, strides, kernel, padding, padding},
                      onednn::attributes(),
                      onednn::engine(),
                      forward_layout_};
}

template <class Value>
void MaxPool<Value>::plan_forward(Planner& planner) {
  Tensor& output = planner.tensor(output_);
  planner.read(planner.tensor(input_).value);
  output.value = planner.write_values<Value>(planner.rows * output.row_size());
  workspace_size_ = forward_layout_.workspace_desc().get_size();
  workspace_ = planner.write(planner.rows / block_ * workspace_size_);
  forward_scratch_ = planner.write(forward_layout_.scratchpad_desc().get_size());
}

template <class Value>
void MaxPool<Value>::plan_backward(Planner& planner) {
  Tensor& input = planner.tensor(input_);
  gradient_.plan(planner, planner.tensor(output_), 1);
  planner.read(workspace_);
  input_gradient_ = planner.write_values<Value>(planner.rows * input.row_size());
  input.gradients.push_back(input_gradient_);
  backward_scratch_ = planner.write(backward_layout_.scratchpad_desc().get_size());
}

template <class Value>
void MaxPool<Value>::bind(const Arena& arena, const Planner& planner) {
  const Tensor &input = planner.tensor(input_), &output = planner.tensor(output_);
  x_ = {arena.values<Value>(input.value), input.row_size()};
  y_ = {arena.values<Value>(output.value), output.row_size()};
  workspaces_ = static_cast<std::byte*>(arena.bytes(workspace_));
  const auto& forth = forward_layout_;
  forward_ = onednn::Call(dnnl::primitive(forth.get()));
  forward_.bind(DNNL_ARG_SRC, forth.src_desc(), x_.first);
  forward_.bind(DNNL_ARG_DST, forth.dst_desc(), y_.first);
  forward_.bind(DNNL_ARG_WORKSPACE, forth.workspace_desc(), workspaces_);
  forward_.bind(DNNL_ARG_SCRATCHPAD, forth.scratchpad_desc(), arena.bytes(forward_scratch_));

  const auto& back = backward_layout_;
  gradient_.bind(arena);
  dy_ = {gradient_.first(), output.row_size()};
  dx_ = {arena.values<Value>(input_gradient_), input.row_size()};
  backward_ = onednn::Call(dnnl::primitive(back.get()));
  backward_.bind(DNNL_ARG_DIFF_DST, back.diff_dst_desc(), dy_.first);
  backward_.bind(DNNL_ARG_DIFF_SRC, back.diff_src_desc(), dx_.first);
  backward_.bind(DNNL_ARG_WORKSPACE, back.workspace_desc(), workspaces_);
  backward_.bind(DNNL_ARG_SCRATCHPAD, back.scratchpad_desc(), arena.bytes(backward_scratch_));
}

template <class Value>
std::byte* MaxPool<Value>::workspace(const Block& block) const {
  return workspaces_ + block.begin / block_ * workspace_size_;
}

template <class Value>
void MaxPool<Value>::forward(const Pass& pass) {
  forward_.rebind(DNNL_ARG_SRC, x_.of(pass.block));
  forward_.rebind(DNNL_ARG_DST, y_.of(pass.block));
  forward_.rebind(DNNL_ARG_WORKSPACE, workspace(pass.block));
  forward_.run();
}

template <class Value>
void MaxPool<Value>::backward(const Pass& pass) {
  gather(gradient_, pass.block, threads_);
  backward_.rebind(DNNL_ARG_DIFF_DST, dy_.of(pass.block));
  backward_.rebind(DNNL_ARG_DIFF_SRC, dx_.of(pass.block));
  backward_.rebind(DNNL_ARG_WORKSPACE, workspace(pass.block));
  backward_.run();
}

template <class Value>
void AveragePool<Value>::forward(const Pass& pass) {
  const std::size_t pixels = this->pixels_, channels = this->channels_;
  for_each_part(threads_, [=, this, &pass](int part) {
    const Part range = part_of(pass.block.rows, part, threads_);
    for (std::size_t i = range.begin; i < range.end; ++i) {
      const std::size_t row = pass.block.begin + i;
      kernels::sum_rows(this->x_ + row * pixels * channels, pixels, channels,
                        1 / static_cast<float>(pixels), this->y_ + row * channels);
    }
  });
}

template <class Value>
void AveragePool<Value>::backward(const Pass& pass) {
  gather(this->gradient_, pass.block, threads_);
  const std::size_t pixels = this->pixels_, channels = this->channels_;
  for_each_part(threads_, [=, this, &pass](int part) {
    const Part range = part_of(pass.block.rows, part, threads_);
    for (std::size_t i = range.begin; i < range.end; ++i) {
      const std::size_t row = pass.block.begin + i;
      kernels::repeat_row(this->gradient_.first() + row * channels, pixels, channels,
                          1 / static_cast<float>(pixels), this->dx_ + row * pixels * channels);
    }
  });
}

template class MaxPool<float>;
template class MaxPool<Bfloat16>;
template class AveragePool<float>;
template class AveragePool<Bfloat16>;

}  // namespace forebay
