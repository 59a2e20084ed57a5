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
WeightedKernels linear_kernels(const Layer& layer, const ImageShape& input, std::size_t rows) {
  dnnl::memory::dims dims{layer.output.channels, input.channels};
  if (input.height > 1 || input.width > 1) {
    dims.insert(dims.end(), {input.height, input.width});
  }
  const auto source = flat_images<Value>(rows, input);
  const auto target = flat_images<Value>(rows, layer.output);
  const auto weights = onednn::any<Value>(dims), gradient = onednn::any<float>(dims);
  const auto bias = onednn::plain<float>({layer.output.channels});
  const auto attributes = onednn::attributes();

  const dnnl::inner_product_forward::primitive_desc forward(
      {dnnl::prop_kind::forward_training, source, weights, bias, target}, attributes,
      onednn::engine());
  const dnnl::inner_product_backward_data::primitive_desc backward_data(
      {source, weights, target}, attributes, onednn::engine(), forward);
  const dnnl::inner_product_backward_weights::primitive_desc backward_weights(
      {source, gradient, bias, target}, attributes, onednn::engine(), forward);
  return {forward,
          backward_data,
          backward_weights,
          onednn::plain<float>(dims),
          backward_weights.diff_weights_desc(),
          {},
          {}};
}

template WeightedKernels linear_kernels<float>(const Layer&, const ImageShape&, std::size_t);
template WeightedKernels linear_kernels<Bfloat16>(const Layer&, const ImageShape&, std::size_t);

}  // namespace forebay
