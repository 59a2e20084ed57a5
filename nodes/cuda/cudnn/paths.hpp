#pragma once

// Which graphs each convolution of a network runs as.

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <forebay/nodes/cuda/cudnn/plans.hpp>
#include <forebay/nodes/network/network.hpp>

namespace forebay::cuda {

/// The graphs of one layer. Where `forward` normalises its input, all three do, and the normalised
/// values are never stored; else batch norms around it that are not fused are kernels of their own.
struct ConvolutionPath {
  int layer = 0;  // in Network::layers
  ConvolutionGraph forward = ConvolutionGraph::kForward;
  std::optional<ConvolutionGraph> input_gradient = {};  // none where the input is the images
  ConvolutionGraph weight_gradient = ConvolutionGraph::kWeightGradient;
  std::size_t workspace_bytes = 0;   // of whichever needs most
  std::string unfused_because = {};  // cuDNN's words, where it lacks a fusion that the layer allows
};

/// Takes every fusion that the network allows and cuDNN has. Whether it is also the faster way is
/// for a GPU to tell. Throws `Error` where cuDNN cannot run a layer at all.
std::vector<ConvolutionPath> choose_paths(const Network& network, std::size_t rows, ValueType type,
                                          Plans& plans);

}  // namespace forebay::cuda
