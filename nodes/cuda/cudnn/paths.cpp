#include <forebay/nodes/cuda/cudnn/paths.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include <forebay/graph/error.hpp>

namespace forebay::cuda {
namespace {

constexpr ConvolutionGraph kNormalised[] = {ConvolutionGraph::kNormalisedForward,
                                            ConvolutionGraph::kNormalisedInputGradient,
                                            ConvolutionGraph::kNormalisedWeightGradient};
constexpr ConvolutionGraph kSums[] = {ConvolutionGraph::kForwardSums};

/// Chooses for one layer after the other.
class Chooser {
 public:
  Chooser(const Network& network, std::size_t rows, ValueType type, Plans& plans)
      : network_(network), readers_(readers(network)), rows_(rows), type_(type), plans_(plans) {}

  ConvolutionPath choose(int index) {
    const Convolution convolution = convolution_of(network_, layer(index), rows_);
    ConvolutionPath path{.layer = index};
    const bool norm_follows = lone_reader(index, LayerKind::kBatchNorm);
    if (norm_follows && reads_normalised(index) && have_all(convolution, kNormalised, path)) {
      path.forward = ConvolutionGraph::kNormalisedForward;
      path.input_gradient = ConvolutionGraph::kNormalisedInputGradient;
      path.weight_gradient = ConvolutionGraph::kNormalisedWeightGradient;
    } else {
      if (norm_follows && have_all(convolution, kSums, path)) {
        path.forward = ConvolutionGraph::kForwardSums;
      }
      const bool reads_images = input(index).kind == LayerKind::kInput;
      if (!reads_images) path.input_gradient = ConvolutionGraph::kInputGradient;
    }
    add_workspaces(convolution, path);
    return path;
  }

 private:
  const Layer& layer(int index) const { return network_.layers[static_cast<std::size_t>(index)]; }
  const Layer& input(int index) const { return layer(layer(index).inputs[0]); }

  /// Whether one layer alone reads layer `index`, and is of this kind.
  bool lone_reader(int index, LayerKind kind) const {
    const std::vector<int>& all = readers_[static_cast<std::size_t>(index)];
    return all.size() == 1 && layer(all[0]).kind == kind;
  }

  /// Whether the input is the ReLU of a batch norm, and nothing else reads either.
  bool reads_normalised(int index) const {
    const int relu = layer(index).inputs[0];
    if (layer(relu).kind != LayerKind::kRelu) return false;
    const int norm = layer(relu).inputs[0];
    return layer(norm).kind == LayerKind::kBatchNorm && lone_reader(norm, LayerKind::kRelu) &&
           lone_reader(relu, LayerKind::kConvolution);
  }

  bool have_all(const Convolution& convolution, std::span<const ConvolutionGraph> graphs,
                ConvolutionPath& path) {
    return std::ranges::all_of(graphs, [&](ConvolutionGraph graph) {
      const Plan& plan = plans_.find(convolution, graph, type_);
      if (!plan.exists && path.unfused_because.empty()) path.unfused_because = plan.why_not;
      return plan.exists;
    });
  }

  void add_workspaces(const Convolution& convolution, ConvolutionPath& path) {
    std::vector<ConvolutionGraph> graphs{path.forward, path.weight_gradient};
    if (path.input_gradient) graphs.push_back(*path.input_gradient);
    for (ConvolutionGraph graph : graphs) {
      const Plan& plan = plans_.find(convolution, graph, type_);
      if (!plan.exists) {
        throw Error(fmt::format("{}: cuDNN cannot run layer {} with {} rows: {}", network_.name,
                                layer(path.layer).name, rows_, plan.why_not));
      }
      path.workspace_bytes = std::max(path.workspace_bytes, plan.workspace_bytes);
    }
  }

  const Network& network_;
  const std::vector<std::vector<int>> readers_;
  const std::size_t rows_;
  const ValueType type_;
  Plans& plans_;
};

}  // namespace

std::vector<ConvolutionPath> choose_paths(const Network& network, std::size_t rows, ValueType type,
                                          Plans& plans) {
  Chooser chooser(network, rows, type, plans);
  std::vector<ConvolutionPath> paths;
  for (int i = 0; i < static_cast<int>(network.layers.size()); ++i) {
    if (network.layers[static_cast<std::size_t>(i)].kind == LayerKind::kConvolution) {
      paths.push_back(chooser.choose(i));
    }
  }
  return paths;
}

}  // namespace forebay::cuda
