#pragma once

// Convolutions by their definition, in the host's memory.

#include <cstddef>
#include <stdexcept>
#include <vector>

#include <forebay/nodes/cuda/kernels/value.hpp>
#include <forebay/nodes/cuda/ops/convolver.hpp>

#include "host_device.hpp"

namespace forebay::cuda {

class HostConvolver final : public Convolver {
 public:
  std::size_t workspace_bytes(const Convolution&, ConvolutionGraph, ValueType) override {
    return 1000;  // no multiple of any alignment
  }

  void run(const Convolution& convolution, ConvolutionGraph graph, ValueType type,
           const void* first, const void* second, void* out, void* /*workspace*/,
           cudaStream_t stream) override {
    queue_on_host(stream, [=] { run_now(convolution, graph, type, first, second, out); });
  }

 private:
  static void run_now(const Convolution& convolution, ConvolutionGraph graph, ValueType type,
                      const void* first, const void* second, void* out) {
    switch (type) {
      case ValueType::kFloat16:
        return run_as<__half>(convolution, graph, first, second, out);
      case ValueType::kBfloat16:
        return run_as<__nv_bfloat16>(convolution, graph, first, second, out);
      case ValueType::kFloat32:
        return run_as<float>(convolution, graph, first, second, out);
    }
  }

  template <class Value>
  static std::vector<float> floats(const void* from, std::size_t count) {
    std::vector<float> values(count);
    for (std::size_t i = 0; i < count; ++i)
      values[i] = to_float(static_cast<const Value*>(from)[i]);
    return values;
  }
  template <class Value>
  static void store(const std::vector<float>& values, void* to) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      static_cast<Value*>(to)[i] = from_float<Value>(values[i]);
    }
  }

  template <class Value>
  static void run_as(const Convolution& c, ConvolutionGraph graph, const void* first,
                     const void* second, void* out) {
    const auto inputs = static_cast<std::size_t>(c.rows * c.height * c.width * c.in_channels);
    const auto outputs = static_cast<std::size_t>(c.rows * out_size(c, c.height) *
                                                  out_size(c, c.width) * c.out_channels);
    const auto weights =
        static_cast<std::size_t>(c.out_channels * c.kernel * c.kernel * c.in_channels);
    std::vector<float> x(inputs), w(weights), y(outputs);
    switch (graph) {
      case ConvolutionGraph::kForward:
        x = floats<Value>(first, inputs);
        w = floats<Value>(second, weights);
        for_each_product(c, [&](std::size_t i, std::size_t k, std::size_t o) {
          add_products(c, [&](std::size_t in, std::size_t out_channel, std::size_t at) {
            y[o + out_channel] += x[i + in] * w[k + at];
          });
        });
        return store<Value>(y, out);
      case ConvolutionGraph::kInputGradient:
        y = floats<Value>(first, outputs);
        w = floats<Value>(second, weights);
        for_each_product(c, [&](std::size_t i, std::size_t k, std::size_t o) {
          add_products(c, [&](std::size_t in, std::size_t out_channel, std::size_t at) {
            x[i + in] += y[o + out_channel] * w[k + at];
          });
        });
        return store<Value>(x, out);
      case ConvolutionGraph::kWeightGradient:
        y = floats<Value>(first, outputs);
        x = floats<Value>(second, inputs);
        for_each_product(c, [&](std::size_t i, std::size_t k, std::size_t o) {
          add_products(c, [&](std::size_t in, std::size_t out_channel, std::size_t at) {
            w[k + at] += x[i + in] * y[o + out_channel];
          });
        });
        return store<Value>(w, out);
      default:
        throw std::logic_error("no loops for this graph");
    }
  }

  static std::int64_t out_size(const Convolution& c, std::int64_t size) {
    return (size + 2 * c.padding - c.kernel) / c.stride + 1;
  }

  /// Calls multiply(input pixel, place in a filter, output pixel) with where their channels begin.
  template <class Multiply>
  static void for_each_product(const Convolution& c, const Multiply& multiply) {
    const std::int64_t out_height = out_size(c, c.height), out_width = out_size(c, c.width);
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
};

}  // namespace forebay::cuda
