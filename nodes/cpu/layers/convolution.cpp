#include <forebay/nodes/cpu/layers/weighted.hpp>

namespace forebay {

template <class Value>
WeightedKernels convolution_kernels(const Layer& layer, const ImageShape& input, std::size_t rows) {
  constexpr auto kDirect = dnnl::algorithm::convolution_direct;
  const dnnl::memory::dims dims{layer.output.channels, input.channels, layer.kernel, layer.kernel};
  const dnnl::memory::dims strides{layer.stride, layer.stride};
  const dnnl::memory::dims padding{layer.padding, layer.padding};
  const auto source = onednn::images<Value>(rows, input);
  const auto target = onednn::images<Value>(rows, layer.output);
  const auto weights = onednn::any<Value>(dims), gradient = onednn::any<float>(dims);
  const auto bias =
      layer.bias ? onednn::plain<float>({layer.output.channels}) : dnnl::memory::desc();
  const auto attributes = onednn::attributes();

  const dnnl::convolution_forward::primitive_desc forward(
      {dnnl::prop_kind::forward_training, kDirect, source, weights, bias, target, strides, padding,
       padding},
      attributes, onednn::engine());
  const dnnl::convolution_backward_data::primitive_desc backward_data(
      {kDirect, source, weights, target, strides, padding, padding}, attributes, onednn::engine(),
      forward);
  const dnnl::convolution_backward_weights::primitive_desc backward_weights(
      {kDirect, source, gradient, bias, target, strides, padding, padding}, attributes,
      onednn::engine(), forward);
  return {forward, backward_data, backward_weights, onednn::plain<float>(dims)};
}

template WeightedKernels convolution_kernels<float>(const Layer&, const ImageShape&, std::size_t);
template WeightedKernels convolution_kernels<Bfloat16>(const Layer&, const ImageShape&,
                                                       std::size_t);

}  // namespace forebay
