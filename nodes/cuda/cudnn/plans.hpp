#pragma once

// Asks cuDNN which graphs of a convolution it can run on a GPU, which need not be there.

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>

#include <forebay/nodes/cuda/convolution.hpp>

namespace forebay::cuda {

/// What cuDNN's heuristics prefer for a graph.
struct Plan {
  bool exists = false;
  std::string why_not;              // where it does not
  std::string engine;               // "eng0_k2=..."
  std::int64_t candidates = 0;      // that could be timed against one another
  std::size_t workspace_bytes = 0;  // of the preferred one
};

/// Plans for one kind of GPU. Answers are kept, so that equal layers are asked for once. Not
/// thread-safe.
class Plans {
 public:
  /// `device` is cuDNN's description of a GPU in JSON (CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION).
  /// Throws `Error` where cuDNN cannot be used or does not understand it.
  explicit Plans(std::string_view device);
  ~Plans();

  /// Builds the plan: up to some seconds, for those that compile kernels.
  const Plan& find(const Convolution& convolution, ConvolutionGraph graph, ValueType type);

 private:
  struct Device;

  std::unique_ptr<Device> device_;
  std::map<std::tuple<Convolution, ConvolutionGraph, ValueType>, Plan> found_;
};

}  // namespace forebay::cuda
