#include <forebay/nodes/cuda/convolution.hpp>

#include <algorithm>

namespace forebay::cuda {

Convolution convolution_of(const Network& network, const Layer& layer, std::size_t rows) {
  const ImageShape& from = network.layers[static_cast<std::size_t>(layer.inputs[0])].output;
  return {.rows = static_cast<std::int64_t>(rows),
          .in_channels = std::max<std::int64_t>(from.channels, 4),
          .height = from.height,
          .width = from.width,
          .out_channels = layer.output.channels,
          .kernel = std::max(layer.kernel, 1),
          .stride = layer.stride,
          .padding = layer.padding};
}

std::vector<ConvolutionGraph> graphs_of(Fusion fusion) {
  switch (fusion) {
    case Fusion::kNone:
      break;
    case Fusion::kSums:
      return {ConvolutionGraph::kForwardSums};
    case Fusion::kNormalised:
      return {ConvolutionGraph::kNormalisedForward, ConvolutionGraph::kNormalisedInputGradient,
              ConvolutionGraph::kNormalisedWeightGradient};
  }
  return {};
}

}  // namespace forebay::cuda
