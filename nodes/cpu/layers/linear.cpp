#include <forebay/nodes/cpu/layers/weighted.hpp>

namespace forebay {
namespace {

/// rows x features where the image is one pixel: oneDNN has more kernels for it than for NHWC.
template <class Value>
dnnl::memory::desc flat_images(std::size_t rows, const ImageShape& shape) {
  if (shape.height > 1 || shape.width > 1) return onednn::images<Value>(rows, shape);
  return onednn::plain<Value>({static_cast<dnnl::memory::dim>(rows), shape.channels});
}

}  // namespace

template <class Value>
WeightedKernels linear_kernels(const Layer& layer, const ImageShape& input, KernelRows rows) {
  dnnl::memory::dims dims{layer.output.channels, input.channels};
  if (input.height > 1 || input.width > 1) {
    dims.insert(dims.end(), {input.height, input.width});
  }
  const auto weights = onednn::any<Value>(dims), gradient = onednn::any<float>(dims);
  const auto bias = onednn::plain<float>({layer.output.channels});
  const auto attributes = onednn::attributes();

  const auto source = [&](std::size_t count) { return flat_images<Value>(count, input); };
  const auto target = [&](std::size_t count) { return flat_images<Value>(count, layer.output); };
  const auto forward_of = [&](std::size_t count) {
    return dnnl::inner_product_forward::primitive_desc(
        {dnnl::prop_kind::forward_training, source(count), weights, bias, target(count)},
        attributes, onednn::engine());
  };

  const auto forward = forward_of(rows.block);
  const dnnl::inner_product_backward_data::primitive_desc backward_data(
      {source(rows.block), weights, target(rows.block)}, attributes, onednn::engine(), forward);
  const dnnl::inner_product_backward_weights::primitive_desc backward_weights(
      {source(rows.all), gradient, bias, target(rows.all)}, attributes, onednn::engine(),
      forward_of(rows.all));
  return {.forward = forward,
          .backward_data = backward_data,
          .backward_weights = backward_weights,
          .plain_weights = onednn::plain<float>(dims),
          .weights_gradient = backward_weights.diff_weights_desc()};
}

template WeightedKernels linear_kernels<float>(const Layer&, const ImageShape&, KernelRows);
template WeightedKernels linear_kernels<Bfloat16>(const Layer&, const ImageShape&, KernelRows);

}  // namespace forebay
