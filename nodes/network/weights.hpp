#pragma once

// The values of a network's parameters and buffers, in the layout that checkpoints have.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <forebay/nodes/network/network.hpp>

namespace forebay {

/// Owns one flat float array for all parameters, in `Network::parameters` order and torchvision's
/// layouts (OIHW, OI), and one for all buffers. Devices reorder from here once a step; a gradient
/// array has the same layout, so a bucket is a contiguous range of it.
///
/// Not thread-safe; readers may share it while no one writes.
class Weights {
 public:
  explicit Weights(const Network& network);

  /// torchvision's defaults: convolutions He-normal over fan-out, norms 1 and 0, linear layers
  /// uniform in +-1/sqrt(fan_in). The same seed gives the same values on every machine.
  void initialise(std::uint64_t seed);

  std::span<float> parameters() { return parameters_; }
  std::span<const float> parameters() const { return parameters_; }
  std::span<float> buffers() { return buffers_; }
  std::span<const float> buffers() const { return buffers_; }

  /// Position of parameter `i` (of buffer `i`) in the flat array, in elements; the one past the
  /// last gives the size.
  std::size_t parameter_offset(std::size_t i) const { return parameter_offsets_[i]; }
  std::size_t buffer_offset(std::size_t i) const { return buffer_offsets_[i]; }

  /// Training steps taken; torchvision's num_batches_tracked of every batch norm.
  std::int64_t batches_tracked = 0;

 private:
  std::vector<float> parameters_, buffers_;
  std::vector<std::size_t> parameter_offsets_, buffer_offsets_;
  const Network* network_;  // outlives this
};

}  // namespace forebay
