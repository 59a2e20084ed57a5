#include <forebay/nodes/network/builder.hpp>

#include <fmt/format.h>

#include <utility>

#include <forebay/graph/error.hpp>

namespace forebay {

NetworkBuilder::NetworkBuilder(std::string name, ImageShape input, int classes) {
  if (input.channels < 1 || input.height < 1 || input.width < 1) {
    throw Error(
        fmt::format("{}: input shape {},{},{} is not an image; give channels, height and "
                    "width of 1 or more",
                    name, input.channels, input.height, input.width));
  }
  if (classes < 2) {
    throw Error(fmt::format("{}: {} classes cannot be told apart; give 2 or more", name, classes));
  }
  network_.name = std::move(name);
  network_.classes = classes;
  Layer layer;
  layer.name = "input";
  layer.output = input;
  append(std::move(layer));
}

int NetworkBuilder::convolution(const std::string& name, int from, int channels, Window window,
                                bool bias) {
  check_outputs(name, channels);
  Layer layer{.name = name,
              .kind = LayerKind::kConvolution,
              .inputs = {from},
              .output = slide(name, from, window),
              .kernel = window.kernel,
              .stride = window.stride,
              .padding = window.padding,
              .bias = bias};
  layer.output.channels = channels;
  const int index = append(std::move(layer));
  add_parameter("weight", {channels, shape(from).channels, window.kernel, window.kernel},
                ParameterRole::kWeight);
  if (bias) add_parameter("bias", {channels}, ParameterRole::kBias);
  return index;
}

int NetworkBuilder::norm(const std::string& name, int from) {
  Layer layer;
  layer.name = name;
  layer.kind = LayerKind::kBatchNorm;
  layer.inputs = {from};
  layer.output = shape(from);
  const int index = append(std::move(layer));
  const int channels = shape(from).channels;
  add_parameter("weight", {channels}, ParameterRole::kNormWeight);
  add_parameter("bias", {channels}, ParameterRole::kNormBias);
  add_buffer("running_mean", channels, 0);
  add_buffer("running_var", channels, 1);
  return index;
}

int NetworkBuilder::relu(const std::string& name, int from) {
  Layer layer;
  layer.name = name;
  layer.kind = LayerKind::kRelu;
  layer.inputs = {from};
  layer.output = shape(from);
  return append(std::move(layer));
}

int NetworkBuilder::max_pool(const std::string& name, int from, Window window) {
  return append({.name = name,
                 .kind = LayerKind::kMaxPool,
                 .inputs = {from},
                 .output = slide(name, from, window),
                 .kernel = window.kernel,
                 .stride = window.stride,
                 .padding = window.padding});
}

int NetworkBuilder::global_average_pool(const std::string& name, int from) {
  Layer layer;
  layer.name = name;
  layer.kind = LayerKind::kGlobalAveragePool;
  layer.inputs = {from};
  layer.output = {shape(from).channels, 1, 1};
  return append(std::move(layer));
}

int NetworkBuilder::add(const std::string& name, int a, int b) {
  if (shape(a) != shape(b)) {
    throw Error(fmt::format("{}: layer {} adds {} and {}, whose shapes differ", network_.name, name,
                            network_.layers[static_cast<std::size_t>(a)].name,
                            network_.layers[static_cast<std::size_t>(b)].name));
  }
  Layer layer;
  layer.name = name;
  layer.kind = LayerKind::kAdd;
  layer.inputs = {a, b};
  layer.output = shape(a);
  return append(std::move(layer));
}

int NetworkBuilder::flatten(const std::string& name, int from) {
  Layer layer;
  layer.name = name;
  layer.kind = LayerKind::kFlatten;
  layer.inputs = {from};
  const ImageShape& input = shape(from);
  layer.output = {input.channels * input.height * input.width, 1, 1};
  return append(std::move(layer));
}

int NetworkBuilder::linear(const std::string& name, int from, int features) {
  check_outputs(name, features);
  const ImageShape& input = shape(from);
  if (input.height > 1 || input.width > 1) {
    throw Error(
        fmt::format("{}: linear layer {} reads images of {}x{}; flatten or average them "
                    "first",
                    network_.name, name, input.height, input.width));
  }
  Layer layer;
  layer.name = name;
  layer.kind = LayerKind::kLinear;
  layer.inputs = {from};
  layer.output = {features, 1, 1};
  layer.bias = true;
  const int index = append(std::move(layer));
  add_parameter("weight", {features, shape(from).channels}, ParameterRole::kWeight);
  add_parameter("bias", {features}, ParameterRole::kBias);
  return index;
}

int NetworkBuilder::append(Layer layer) {
  network_.layers.push_back(std::move(layer));
  return static_cast<int>(network_.layers.size()) - 1;
}

void NetworkBuilder::add_parameter(const std::string& suffix, TensorShape dimensions,
                                   ParameterRole role) {
  network_.parameters.push_back({network_.layers.back().name + "." + suffix, std::move(dimensions),
                                 role, static_cast<int>(network_.layers.size()) - 1});
}

void NetworkBuilder::add_buffer(const std::string& suffix, int size, float initial) {
  network_.buffers.push_back({network_.layers.back().name + "." + suffix,
                              {size},
                              initial,
                              static_cast<int>(network_.layers.size()) - 1});
}

void NetworkBuilder::check_outputs(const std::string& name, int outputs) const {
  if (outputs >= 1) return;
  throw Error(
      fmt::format("{}: layer {} has {} outputs; give 1 or more", network_.name, name, outputs));
}

ImageShape NetworkBuilder::slide(const std::string& name, int from, Window window) const {
  if (window.kernel < 1 || window.stride < 1 || window.padding < 0 ||
      window.padding >= window.kernel) {
    throw Error(fmt::format(
        "{}: layer {} has a window of {}, stride {} and padding {}; give a window and a "
        "stride of 1 or more, and less padding than window",
        network_.name, name, window.kernel, window.stride, window.padding));
  }
  const ImageShape& input = shape(from);
  const int height = input.height + 2 * window.padding - window.kernel;
  const int width = input.width + 2 * window.padding - window.kernel;
  if (height < 0 || width < 0) {
    throw Error(
        fmt::format("{}: the {}x{} window of layer {} does not fit its {}x{} input; give "
                    "larger images",
                    network_.name, window.kernel, window.kernel, name, input.height, input.width));
  }
  return {input.channels, height / window.stride + 1, width / window.stride + 1};
}

const ImageShape& NetworkBuilder::shape(int layer) const {
  return network_.layers[static_cast<std::size_t>(layer)].output;
}

}  // namespace forebay
