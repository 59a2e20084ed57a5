#include <type_traits>

#include <forebay/nodes/cpu/layers/turned_weights.hpp>
#include <forebay/nodes/cpu/layers/weighted.hpp>

namespace forebay {
namespace {

// oneDNN's convolution in bfloat16 multiplies one row of an image at a time and adds each image's
// gradient of the weights to the one in memory: both of what replaces it are faster.

/// Replaces the gradient of the input by a convolution with turned weights, which oneDNN has better
/// kernels for.
template <class Value>
void turn_weights(const Layer& layer, const ImageShape& input, std::size_t rows,
                  WeightedKernels& kernels) {
  const dnnl::memory::dims dims{input.channels, layer.output.channels, layer.kernel, layer.kernel};
  const dnnl::memory::dim padding = layer.kernel - 1 - layer.padding;
  const dnnl::convolution_forward::primitive_desc turned({dnnl::prop_kind::forward_inference,
                                                          dnnl::algorithm::convolution_direct,
                                                          onednn::images<Value>(rows, layer.output),
                                                          onednn::any<Value>(dims),
                                                          onednn::images<Value>(rows, input),
                                                          {1, 1},
                                                          {padding, padding},
                                                          {padding, padding}},
                                                         onednn::attributes(), onednn::engine());
  if (!can_turn_windows(turned.weights_desc())) return;
  kernels.backward_data = turned;
  kernels.turns_weights = true;
}

Patches window_of(const Layer& layer, const ImageShape& input) {
  return {input, layer.output, layer.kernel, layer.stride, layer.padding};
}

/// Whether the gradient of the weights is computed by a product of matrices for each place of the
/// window. Where that is one place, oneDNN's product is as fast.
template <class Value>
bool multiplies_places(const Layer& layer, const Patches& window) {
  return std::is_same_v<Value, Bfloat16> && layer.kernel > 1 && !layer.bias &&
         WeightsGradient::suits(window);
}

/// Whether it is computed as one product of matrices.
template <class Value>
bool multiplies_patches(const Layer& layer) {
  return std::is_same_v<Value, Bfloat16> &&
         (layer.kernel == 1 || layer.output.channels > layer.output.height * layer.output.width);
}

/// Replaces the gradient of the weights by such a product: a linear layer's, to which every patch
/// is a row.
template <class Value>
void multiply_patches(const Layer& layer, const Patches& patches, std::size_t rows,
                      WeightedKernels& kernels) {
  const auto count = static_cast<dnnl::memory::dim>(rows * patches.per_image());
  const auto size = static_cast<dnnl::memory::dim>(patches.size());
  const dnnl::memory::dim channels = layer.output.channels;
  const auto source = onednn::plain<Value>({count, size});
  const auto target = onednn::plain<Value>({count, channels});
  const auto bias = layer.bias ? onednn::plain<float>({channels}) : dnnl::memory::desc();
  const auto attributes = onednn::attributes();
  const dnnl::inner_product_forward::primitive_desc forward(
      {dnnl::prop_kind::forward_training, source, onednn::any<Value>({channels, size}), bias,
       target},
      attributes, onednn::engine());
  kernels.backward_weights = dnnl::inner_product_backward_weights::primitive_desc(
      {source, onednn::plain<float>({channels, size}), bias, target}, attributes, onednn::engine(),
      forward);
  kernels.weights_gradient = kernels.plain_weights;
  if (patches.kernel > 1) {
    kernels.weights_gradient = {kernels.plain_weights.dims(), onednn::kType<float>,
                                dnnl::memory::format_tag::ohwi};
  }
  const bool input_is_patches = patches.kernel == 1 && patches.stride == 1 && patches.padding == 0;
  if (!input_is_patches) kernels.patches = patches;
}

}  // namespace

bool sums_blocks(const Layer& layer, const ImageShape& input) {
  const Patches window = window_of(layer, input);
  return multiplies_places<Bfloat16>(layer, window) && WeightsGradient::suits_blocks(window);
}

template <class Value>
WeightedKernels convolution_kernels(const Layer& layer, const ImageShape& input, KernelRows rows) {
  constexpr auto kDirect = dnnl::algorithm::convolution_direct;
  const dnnl::memory::dims dims{layer.output.channels, input.channels, layer.kernel, layer.kernel};
  const dnnl::memory::dims strides{layer.stride, layer.stride};
  const dnnl::memory::dims padding{layer.padding, layer.padding};
  const auto weights = onednn::any<Value>(dims), gradient = onednn::any<float>(dims);
  const auto bias =
      layer.bias ? onednn::plain<float>({layer.output.channels}) : dnnl::memory::desc();
  const auto attributes = onednn::attributes();

  const auto source = [&](std::size_t count) { return onednn::images<Value>(count, input); };
  const auto target = [&](std::size_t count) { return onednn::images<Value>(count, layer.output); };
  const auto forward_of = [&](std::size_t count) {
    return dnnl::convolution_forward::primitive_desc(
        {dnnl::prop_kind::forward_training, kDirect, source(count), weights, bias, target(count),
         strides, padding, padding},
        attributes, onednn::engine());
  };

  const auto forward = forward_of(rows.block);
  const dnnl::convolution_backward_data::primitive_desc backward_data(
      {kDirect, source(rows.block), weights, target(rows.block), strides, padding, padding},
      attributes, onednn::engine(), forward);
  const dnnl::convolution_backward_weights::primitive_desc backward_weights(
      {kDirect, source(rows.all), gradient, bias, target(rows.all), strides, padding, padding},
      attributes, onednn::engine(), forward_of(rows.all));
  WeightedKernels kernels{.forward = forward,
                          .backward_data = backward_data,
                          .backward_weights = backward_weights,
                          .plain_weights = onednn::plain<float>(dims),
                          .weights_gradient = backward_weights.diff_weights_desc()};
  if (layer.stride == 1) turn_weights<Value>(layer, input, rows.block, kernels);
  const Patches window = window_of(layer, input);
  if (multiplies_places<Value>(layer, window)) {
    const bool in_blocks = sums_blocks(layer, input);
    kernels.own_gradient.emplace(window, in_blocks ? rows.block : rows.all, rows.all);
    kernels.weights_gradient = kernels.plain_weights;
  } else if (multiplies_patches<Value>(layer)) {
    multiply_patches<Value>(layer, window, rows.all, kernels);
  }
  return kernels;
}

template WeightedKernels convolution_kernels<float>(const Layer&, const ImageShape&, KernelRows);
template WeightedKernels convolution_kernels<Bfloat16>(const Layer&, const ImageShape&, KernelRows);

}  // namespace forebay
