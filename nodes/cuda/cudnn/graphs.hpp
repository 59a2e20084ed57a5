#pragma once

// Convolutions as graphs of cudnn-frontend. For sources of this folder: shows cuDNN's types.

#include <cudnn_frontend.h>

#include <cstddef>
#include <memory>

#include <forebay/nodes/cuda/convolution.hpp>

namespace forebay::cuda {

/// Tensors of the graphs, as in `ConvolutionArrays`.
enum Uid : std::int64_t {
  kInputUid = 1,
  kWeightsUid,
  kOutputGradientUid,
  kOutputUid,
  kSumUid,
  kSquaresUid,
  kScaleUid,
  kShiftUid,
  kMeanUid,
  kInverseDeviationUid,
  kGammaUid,
  kBetaUid,
  kGammaGradientUid,
  kBetaGradientUid,
  kRestUid,  // and the two behind it
};
inline constexpr std::size_t kUidsEnd = kRestUid + 3;

/// The graph, to be validated and planned. cuDNN knows fusions by the exact order of operations and
/// by which results stay virtual, so both are as in cudnn-frontend's samples. `device` is null
/// where a handle of cuDNN's tells the GPU.
std::shared_ptr<cudnn_frontend::graph::Graph> make_graph(
    const Convolution& convolution, ConvolutionGraph kind, ValueType type,
    std::shared_ptr<const cudnn_frontend::DeviceProperties> device);

/// Of a graph with plans: those that give other bits each time are not built, nor those that round
/// what they multiply to less than `type`, or want more than kMostWorkspace.
void restrict_plans(cudnn_frontend::graph::Graph& graph, ValueType type);

}  // namespace forebay::cuda
