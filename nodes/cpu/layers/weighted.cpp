#include <forebay/nodes/cpu/layers/weighted.hpp>

#include <algorithm>
#include <type_traits>

#include <forebay/nodes/cpu/layers/turned_weights.hpp>
#include <forebay/nodes/cpu/parallel.hpp>

namespace forebay {

using onednn::Call;

namespace {

/// Weights are loaded by any thread, and none but those of the steps shall grow a team.
Call loader(const dnnl::memory::desc& plain, const dnnl::memory::desc& packed, void* weights) {
  const TeamSize alone(1);
  return onednn::reorder(plain, packed, weights);
}

template <class Value>
WeightedKernels make_kernels(const Layer& layer, const ImageShape& input, KernelRows rows) {
  return layer.kind == LayerKind::kConvolution ? convolution_kernels<Value>(layer, input, rows)
                                               : linear_kernels<Value>(layer, input, rows);
}

}  // namespace

template <class Value>
Weighted<Value>::Weighted(const Layer& layer, int input, int output, ParameterPlaces places,
                          std::size_t block, const Planner& planner)
    : Op(places.indices),
      kernels_(make_kernels<Value>(layer, planner.tensor(input).shape, {planner.rows, block})),
      input_(input),
      output_(output),
      places_(std::move(places)) {
  sums_blocks_ = kernels_.own_gradient && block < planner.rows &&
                 sums_blocks(layer, planner.tensor(input).shape);
  reorders_gradient_ = kernels_.weights_gradient != kernels_.plain_weights;
  own_data_weights_ = !reads_images() &&
                      (kernels_.turns_weights ||
                       kernels_.backward_data.weights_desc(0) != kernels_.forward.weights_desc(0));
}

template <class Value>
void Weighted<Value>::plan_forward(Planner& planner) {
  Tensor& output = planner.tensor(output_);
  rows_ = planner.rows;
  threads_ = planner.threads;
  planner.read(planner.tensor(input_).value);
  output.value = planner.write_value_of<Value>(output);
  forward_scratch_ = planner.write(kernels_.forward.scratchpad_desc().get_size());
  weights_ = planner.keep(kernels_.forward.weights_desc(0).get_size());
  if (own_data_weights_) {
    data_weights_ = planner.keep(kernels_.backward_data.weights_desc(0).get_size());
  }
  if (has_bias()) bias_ = planner.keep_floats(output.channels());
}

template <class Value>
void Weighted<Value>::plan_backward(Planner& planner) {
  Tensor& input = planner.tensor(input_);
  gradient_.plan(planner, planner.tensor(output_), 1);
  planner.read(input.value);
  if (!reads_images()) {
    input_gradient_ = planner.write_gradient_of<Value>(input);
    input.gradients.push_back(input_gradient_);
    data_scratch_ = planner.write(kernels_.backward_data.scratchpad_desc().get_size());
  }
  if (kernels_.own_gradient) {
    kernels_.own_gradient->plan(planner);
    return;
  }
  weights_scratch_ = planner.write(kernels_.backward_weights.scratchpad_desc().get_size());
  if (reorders_gradient_) {
    weights_gradient_ = planner.write(kernels_.weights_gradient.get_size());
  }
  if (kernels_.patches) {
    const Patches& patches = *kernels_.patches;
    patches_ = planner.write_values<Value>(rows_ * patches.per_image() * patches.size());
  }
}

template <class Value>
void Weighted<Value>::bind(const Arena& arena, const Planner& planner) {
  const Tensor &input = planner.tensor(input_), &output = planner.tensor(output_);
  x_ = values_of<const Value>(input, arena);
  y_ = values_of<Value>(output, arena);
  bind_forward(arena);
  gradient_.bind(arena);
  dy_ = gradients_of(output, gradient_.first());
  if (!reads_images()) {
    dx_ = gradients_of(input, arena.values<Value>(input_gradient_));
    bind_backward_data(arena);
  }
  bind_backward_weights(arena);
}

template <class Value>
void Weighted<Value>::bind_forward(const Arena& arena) {
  const auto& layout = kernels_.forward;
  auto* weights = arena.values<Value>(weights_);
  forward_ = Call(dnnl::primitive(layout.get()));
  forward_.bind(DNNL_ARG_SRC, layout.src_desc(0), x_.first);
  forward_.bind(DNNL_ARG_WEIGHTS, layout.weights_desc(0), weights);
  forward_.bind(DNNL_ARG_DST, layout.dst_desc(0), y_.first);
  forward_.bind(DNNL_ARG_SCRATCHPAD, layout.scratchpad_desc(), arena.bytes(forward_scratch_));
  if (has_bias()) {
    bias_copy_ = arena.floats(bias_);
    forward_.bind(DNNL_ARG_BIAS, layout.weights_desc(1), bias_copy_);
  }
  load_forward_ = loader(kernels_.plain_weights, layout.weights_desc(0), weights);
}

template <class Value>
void Weighted<Value>::bind_backward_data(const Arena& arena) {
  const auto& layout = kernels_.backward_data;
  auto* weights = arena.values<Value>(own_data_weights_ ? data_weights_ : weights_);
  backward_data_ = Call(dnnl::primitive(layout.get()));
  const bool turned = kernels_.turns_weights;
  backward_data_.bind(dy_argument(), turned ? layout.src_desc(0) : layout.diff_dst_desc(0),
                      dy_.first);
  backward_data_.bind(dx_argument(), turned ? layout.dst_desc(0) : layout.diff_src_desc(0),
                      dx_.first);
  backward_data_.bind(DNNL_ARG_WEIGHTS, layout.weights_desc(0), weights);
  backward_data_.bind(DNNL_ARG_SCRATCHPAD, layout.scratchpad_desc(), arena.bytes(data_scratch_));
  if (own_data_weights_) {
    const auto& plain = kernels_.plain_weights;
    load_backward_ =
        loader(turned ? swapped_channels(plain) : plain, layout.weights_desc(0), weights);
    data_weights_copy_ = weights;
  }
}

template <class Value>
void Weighted<Value>::bind_backward_weights(const Arena& arena) {
  float* all = arena.floats(places_.gradients);
  plain_gradient_ = all + places_.offsets[0];
  if (kernels_.own_gradient) {
    kernels_.own_gradient->bind(arena);
    return;
  }
  const auto& layout = kernels_.backward_weights;
  float* packed = reorders_gradient_ ? arena.floats(weights_gradient_) : plain_gradient_;
  if (kernels_.patches) patch_rows_ = arena.values<Value>(patches_);
  backward_weights_ = Call(dnnl::primitive(layout.get()));
  backward_weights_.bind(DNNL_ARG_SRC, layout.src_desc(0),
                         kernels_.patches ? patch_rows_ : x_.first);
  backward_weights_.bind(DNNL_ARG_DIFF_DST, layout.diff_dst_desc(0), dy_.first);
  backward_weights_.bind(DNNL_ARG_DIFF_WEIGHTS, layout.diff_weights_desc(0), packed);
  backward_weights_.bind(DNNL_ARG_SCRATCHPAD, layout.scratchpad_desc(),
                         arena.bytes(weights_scratch_));
  if (has_bias()) {
    backward_weights_.bind(DNNL_ARG_DIFF_BIAS, layout.diff_weights_desc(1),
                           all + places_.offsets[1]);
  }
  if (reorders_gradient_) {
    store_gradient_ =
        onednn::reorder(kernels_.weights_gradient, kernels_.plain_weights, plain_gradient_);
    store_gradient_.rebind(DNNL_ARG_FROM, packed);
  }
}

template <class Value>
void Weighted<Value>::forward(const Pass& pass) {
  forward_.rebind(DNNL_ARG_SRC, x_.of(pass.block));
  forward_.rebind(DNNL_ARG_DST, y_.of(pass.block));
  forward_.run();
}

template <class Value>
void Weighted<Value>::backward(const Pass& pass) {
  gather(gradient_, pass.block, threads_);
  if (sums_blocks_) add_to_weights_gradient(pass.block);
  if (reads_images()) return;
  backward_data_.rebind(dy_argument(), dy_.of(pass.block));
  backward_data_.rebind(dx_argument(), dx_.of(pass.block));
  backward_data_.run();
}

template <class Value>
void Weighted<Value>::add_to_weights_gradient(const Block& block) {
  if constexpr (std::is_same_v<Value, Bfloat16>) {
    kernels_.own_gradient->compute(x_.of(block), dy_.of(block), block.first, block.last,
                                   plain_gradient_);
  }
}

template <class Value>
void Weighted<Value>::finish_backward(const Pass& /*pass*/) {
  if (sums_blocks_) return;
  if (kernels_.own_gradient) return add_to_weights_gradient({0, rows_});
  if (kernels_.patches) copy_all_patches();
  backward_weights_.run();
  if (reorders_gradient_) store_gradient_.run();
}

template <class Value>
void Weighted<Value>::copy_all_patches() {
  const Patches& patches = *kernels_.patches;
  const auto& [channels, height, width] = patches.input;
  const auto image_size = static_cast<std::size_t>(channels * height * width);
  for_each_part(threads_, [&](int part) {
    const Part range = part_of(rows_, part, threads_);
    for (std::size_t row = range.begin; row < range.end; ++row) {
      copy_patches(x_.first + row * image_size, patches,
                   patch_rows_ + row * patches.per_image() * patches.size());
    }
  });
}

template <class Value>
void Weighted<Value>::load(std::size_t which, const float* parameters) {
  const float* from = parameters + places_.offsets[which];
  if (which == 1) {
    const auto size = static_cast<std::size_t>(kernels_.plain_weights.dims()[0]);
    std::copy_n(from, size, bias_copy_);
    return;
  }
  load_forward_.rebind(DNNL_ARG_FROM, from);
  load_forward_.run();
  if (own_data_weights_) {
    load_backward_.rebind(DNNL_ARG_FROM, from);
    load_backward_.run();
    if (kernels_.turns_weights) {
      turn_windows(kernels_.backward_data.weights_desc(0), data_weights_copy_);
    }
  }
}

template class Weighted<float>;
template class Weighted<Bfloat16>;

}  // namespace forebay
