#pragma once

// A neural network as a plain description: layers and shapes. It knows no device.

#include <cstdint>
#include <string>
#include <vector>

#include <forebay/nodes/network/shape.hpp>

namespace forebay {

enum class LayerKind : std::uint8_t {
  kInput,
  kConvolution,  // no bias unless `bias`
  kBatchNorm,    // eps 1e-5, running average weight 0.1, as PyTorch
  kRelu,
  kMaxPool,
  kGlobalAveragePool,
  kAdd,  // two inputs of equal shape
  kFlatten,
  kLinear,  // with bias
};

/// One layer. Inputs are indices of earlier layers in `Network::layers`.
struct Layer {
  std::string name;  // torchvision's module name, e.g. "layer1.0.conv1"; unique
  LayerKind kind = LayerKind::kInput;
  std::vector<int> inputs;
  ImageShape output;  // flattened tensors are {features, 1, 1}

  // Convolution and pooling.
  int kernel = 0;
  int stride = 1;
  int padding = 0;
  bool bias = false;
};

/// What a parameter is for; decides weight decay and the initial value.
enum class ParameterRole : std::uint8_t { kWeight, kBias, kNormWeight, kNormBias };

/// A trained tensor, by its torchvision name ("layer1.0.conv1.weight").
struct Parameter {
  std::string name;
  TensorShape shape;
  ParameterRole role = ParameterRole::kWeight;
  int layer = 0;  // index in Network::layers
};

/// A tensor that training updates but no gradient flows to: running_mean, running_var.
struct Buffer {
  std::string name;
  TensorShape shape;
  float initial = 0;
  int layer = 0;
};

/// Layers in the order they run; the last one gives the logits, one per class.
struct Network {
  std::string name;  // "resnet-50"
  int classes = 1000;
  std::vector<Layer> layers;
  std::vector<Parameter> parameters;  // in the order the forward pass uses them
  std::vector<Buffer> buffers;        // running_mean, running_var of each batch norm

  const ImageShape& input() const { return layers.front().output; }
};

/// Of one layer of `network`, one image, forward pass only; multiply-adds count as two.
/// Convolutions and linear layers: the rest is below 1 % of any network here.
std::int64_t layer_flops(const Network& network, const Layer& layer);

/// The same of all layers.
std::int64_t forward_flops(const Network& network);

/// Trained values in all parameters (25,557,032 for resnet-50 with 1,000 classes).
std::int64_t parameter_count(const Network& network);

/// By layer: those that read its output, in order.
std::vector<std::vector<int>> readers(const Network& network);

/// A table of layers with output shapes, parameters and FLOPs, and the totals.
std::string summary(const Network& network);

/// torchvision's ResNet v1.5 for depth 18, 34, 50, 101 or 152; the CIFAR-style network for depth 20
/// or 56 (3x3 stem, three stages of 16, 32 and 64 channels, option-A-free 1x1 projections).
/// Throws `Error` for any other depth.
Network resnet(int depth, ImageShape input = {}, int classes = 1000);

/// LeNet-5 as MXNet's example has it (20 and 50 5x5 filters, 500 hidden units), with ReLU.
Network lenet(ImageShape input = {1, 28, 28}, int classes = 10);

/// Two hidden layers of 128 and 64 units with ReLU, as MXNet's example.
Network mlp(ImageShape input = {1, 28, 28}, int classes = 10);

}  // namespace forebay
