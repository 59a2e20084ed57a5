#pragma once

// A convolution and what cuDNN may fuse with it.

#include <cstdint>
#include <vector>

#include <forebay/nodes/network/network.hpp>

namespace forebay::cuda {

/// What activations, weights for computing, and their gradients are stored in on a GPU. kTf32:
/// floats, whose products are made of the first 11 bits of each, which is far faster.
enum class ValueType : std::uint8_t { kFloat16, kBfloat16, kFloat32, kTf32 };

/// A convolution layer for a number of rows: square windows, NHWC, weights KRSC.
struct Convolution {
  std::int64_t rows = 0, in_channels = 0, height = 0, width = 0, out_channels = 0;
  std::int64_t kernel = 1, stride = 1, padding = 0;

  std::int64_t out_height() const { return (height + 2 * padding - kernel) / stride + 1; }
  std::int64_t out_width() const { return (width + 2 * padding - kernel) / stride + 1; }

  // Values of all rows.
  std::int64_t inputs() const { return rows * height * width * in_channels; }
  std::int64_t weights() const { return out_channels * kernel * kernel * in_channels; }
  std::int64_t outputs() const { return rows * out_height() * out_width() * out_channels; }

  friend auto operator<=>(const Convolution&, const Convolution&) = default;
};

/// Of a layer of kind kConvolution, or of kLinear on images of one pixel. Images of up to four
/// channels count as four.
Convolution convolution_of(const Network& network, const Layer& layer, std::size_t rows);

/// One graph of operations that cuDNN runs as one kernel, or a few. "Normalised" is
/// relu(x * scale + shift) by channel, computed on the way from memory and never stored.
enum class ConvolutionGraph : std::uint8_t {
  kForward,                   // y = x conv w
  kForwardSums,               // and by channel the sums of y and of y * y, in float32
  kNormalisedForward,         // that, with x normalised
  kInputGradient,             // dx from dy and w
  kNormalisedInputGradient,   // dz, that is dx where the normalised x is above 0; and by channel
                              // what the batch norm that made x wants of dz
  kWeightGradient,            // dw from dy and x
  kNormalisedWeightGradient,  // that, with x normalised
};

/// What a convolution does of the work of the batch norms around it.
enum class Fusion : std::uint8_t {
  kNone,
  kSums,        // gives the one behind it the sums of its output, in kForwardSums
  kNormalised,  // and all that the one before it does but its statistics: the three graphs with a
                // normalised x, which is then never stored
};

/// The graphs that a fusion puts in the place of others.
std::vector<ConvolutionGraph> graphs_of(Fusion fusion);

}  // namespace forebay::cuda
