#pragma once

// Convolutions by their definition, in the host's memory.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <forebay/nodes/cuda/kernels/value.hpp>
#include <forebay/nodes/cuda/ops/convolver.hpp>

#include "host_device.hpp"

namespace forebay::cuda {

/// Fuses all that a network allows, in every type, or nothing.
enum class HostFusions : std::uint8_t { kNone, kAll };

class HostConvolver final : public Convolver {
 public:
  explicit HostConvolver(HostFusions fusions = HostFusions::kNone) : fusions_(fusions) {}

  std::string why_not_fused(const Convolution&, Fusion, ValueType) override {
    return fusions_ == HostFusions::kAll ? "" : "this test does not fuse";
  }

  std::size_t workspace_bytes(const Convolution&, ConvolutionGraph, ValueType) override {
    return 1000;  // no multiple of any alignment
  }

  void run(const Convolution& convolution, ConvolutionGraph graph, ValueType type,
           const ConvolutionArrays& arrays, cudaStream_t stream) override {
    queue_on_host(stream, [=] { run_now(convolution, graph, type, arrays); });
  }

 private:
  static void run_now(const Convolution& convolution, ConvolutionGraph graph, ValueType type,
                      const ConvolutionArrays& arrays) {
    switch (type) {
      case ValueType::kFloat16:
        return Run<__half>(convolution, arrays).run(graph);
      case ValueType::kBfloat16:
        return Run<__nv_bfloat16>(convolution, arrays).run(graph);
      case ValueType::kFloat32:
      case ValueType::kTf32:
        return Run<float>(convolution, arrays).run(graph);
    }
  }

  /// Computes in float and rounds what it stores, and what it normalised, to `Value`.
  template <class Value>
  class Run {
   public:
    Run(const Convolution& convolution, const ConvolutionArrays& arrays)
        : c_(convolution), arrays_(arrays) {}

    void run(ConvolutionGraph graph) const {
      switch (graph) {
        case ConvolutionGraph::kForward:
          return store(forward(x()));
        case ConvolutionGraph::kForwardSums:
          return store_with_sums(forward(x()));
        case ConvolutionGraph::kNormalisedForward:
          return store_with_sums(forward(normalised_x()));
        case ConvolutionGraph::kInputGradient:
          return store(input_gradient());
        case ConvolutionGraph::kNormalisedInputGradient:
          return store_masked(input_gradient());
        case ConvolutionGraph::kWeightGradient:
          return store(weight_gradient(x()));
        case ConvolutionGraph::kNormalisedWeightGradient:
          return store(weight_gradient(normalised_x()));
      }
    }

   private:
    static std::vector<float> floats(const void* from, std::int64_t count) {
      std::vector<float> values(static_cast<std::size_t>(count));
      for (std::size_t i = 0; i < values.size(); ++i)
        values[i] = to_float(static_cast<const Value*>(from)[i]);
      return values;
    }
    static float rounded(float value) { return to_float(from_float<Value>(value)); }

    std::vector<float> x() const { return floats(arrays_.x, c_.inputs()); }

    std::vector<float> normalised_x() const {
      const std::vector<float> scale = floats(arrays_.norm.scale, c_.in_channels);
      const std::vector<float> shift = floats(arrays_.norm.shift, c_.in_channels);
      const std::size_t channels = scale.size();
      std::vector<float> values = x();
      for (std::size_t i = 0; i < values.size(); ++i) {
        values[i] = rounded(std::max(0.0F, values[i] * scale[i % channels] + shift[i % channels]));
      }
      return values;
    }

    std::vector<float> forward(const std::vector<float>& x) const {
      const std::vector<float> w = floats(arrays_.w, c_.weights());
      std::vector<float> y(static_cast<std::size_t>(c_.outputs()));
      for_each_product(c_, [&](std::size_t i, std::size_t k, std::size_t o) {
        add_products(c_, [&](std::size_t in, std::size_t out_channel, std::size_t at) {
          y[o + out_channel] += x[i + in] * w[k + at];
        });
      });
      return y;
    }

    std::vector<float> input_gradient() const {
      const std::vector<float> dy = floats(arrays_.dy, c_.outputs()),
                               w = floats(arrays_.w, c_.weights());
      std::vector<float> dx(static_cast<std::size_t>(c_.inputs()));
      for_each_product(c_, [&](std::size_t i, std::size_t k, std::size_t o) {
        add_products(c_, [&](std::size_t in, std::size_t out_channel, std::size_t at) {
          dx[i + in] += dy[o + out_channel] * w[k + at];
        });
      });
      return dx;
    }

    std::vector<float> weight_gradient(const std::vector<float>& x) const {
      const std::vector<float> dy = floats(arrays_.dy, c_.outputs());
      std::vector<float> dw(static_cast<std::size_t>(c_.weights()));
      for_each_product(c_, [&](std::size_t i, std::size_t k, std::size_t o) {
        add_products(c_, [&](std::size_t in, std::size_t out_channel, std::size_t at) {
          dw[k + at] += x[i + in] * dy[o + out_channel];
        });
      });
      return dw;
    }

    void store(const std::vector<float>& values) const {
      for (std::size_t i = 0; i < values.size(); ++i) {
        static_cast<Value*>(arrays_.out)[i] = from_float<Value>(values[i]);
      }
    }

    void store_with_sums(const std::vector<float>& y) const {
      store(y);
      const auto channels = static_cast<std::size_t>(c_.out_channels);
      std::fill_n(arrays_.sums.sum, channels, 0.0F);
      std::fill_n(arrays_.sums.squares, channels, 0.0F);
      for (std::size_t i = 0; i < y.size(); ++i) {
        const float value = rounded(y[i]);
        arrays_.sums.sum[i % channels] += value;
        arrays_.sums.squares[i % channels] += value * value;
      }
    }

    // dz is dx where the ReLU of the norm was passed.
    void store_masked(std::vector<float> dx) const {
      const auto channels = static_cast<std::size_t>(c_.in_channels);
      const InputNorm& norm = arrays_.norm;
      std::fill_n(norm.gamma_gradient, channels, 0.0F);
      std::fill_n(norm.beta_gradient, channels, 0.0F);
      std::fill_n(norm.rest, 3 * channels, std::numeric_limits<float>::quiet_NaN());
      const std::vector<float> raw = x();
      for (std::size_t i = 0; i < dx.size(); ++i) {
        const std::size_t c = i % channels;
        const float normal = (raw[i] - norm.mean[c]) * norm.inverse_deviation[c];
        dx[i] = normal * norm.gamma[c] + norm.beta[c] > 0 ? rounded(dx[i]) : 0;
        norm.beta_gradient[c] += dx[i];
        norm.gamma_gradient[c] += dx[i] * normal;
      }
      store(dx);
    }

    const Convolution& c_;
    const ConvolutionArrays& arrays_;
  };

  /// Calls multiply(input pixel, place in a filter, output pixel) with where their channels begin.
  template <class Multiply>
  static void for_each_product(const Convolution& c, const Multiply& multiply) {
    const std::int64_t out_height = c.out_height(), out_width = c.out_width();
    for (std::int64_t row = 0; row < c.rows; ++row) {
      for (std::int64_t oy = 0; oy < out_height; ++oy) {
        for (std::int64_t ox = 0; ox < out_width; ++ox) {
          for (std::int64_t ky = 0; ky < c.kernel; ++ky) {
            for (std::int64_t kx = 0; kx < c.kernel; ++kx) {
              const std::int64_t y = oy * c.stride + ky - c.padding,
                                 x = ox * c.stride + kx - c.padding;
              if (y < 0 || y >= c.height || x < 0 || x >= c.width) continue;
              multiply(
                  static_cast<std::size_t>(((row * c.height + y) * c.width + x) * c.in_channels),
                  static_cast<std::size_t>((ky * c.kernel + kx) * c.in_channels),
                  static_cast<std::size_t>(((row * out_height + oy) * out_width + ox) *
                                           c.out_channels));
            }
          }
        }
      }
    }
  }

  /// Calls add(input channel, output channel, that filter's weight) for all pairs.
  template <class Add>
  static void add_products(const Convolution& c, const Add& add) {
    const auto filter = static_cast<std::size_t>(c.kernel * c.kernel * c.in_channels);
    for (std::size_t out = 0; out < static_cast<std::size_t>(c.out_channels); ++out) {
      for (std::size_t in = 0; in < static_cast<std::size_t>(c.in_channels); ++in) {
        add(in, out, out * filter + in);
      }
    }
  }

  const HostFusions fusions_;
};

}  // namespace forebay::cuda
