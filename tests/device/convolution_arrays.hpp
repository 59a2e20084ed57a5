#pragma once

// Made-up arrays for the graphs of a convolution, on the host and on a GPU.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

#include <forebay/nodes/cuda/device.hpp>
#include <forebay/nodes/cuda/gpu_memory.hpp>
#include <forebay/nodes/cuda/kernels/value.hpp>
#include <forebay/nodes/cuda/ops/convolver.hpp>
#include <forebay/nodes/random.hpp>

namespace forebay::cuda {

/// All that any graph reads, at random, and room for what any writes.
template <class Value>
struct ConvolutionValues {
  explicit ConvolutionValues(const Convolution& c)
      : x(random(1, c.inputs())),
        w(random(2, c.weights())),
        dy(random(3, c.outputs())),
        out(static_cast<std::size_t>(std::max({c.inputs(), c.weights(), c.outputs()}))),
        sum(channels(c.out_channels)),
        squares(channels(c.out_channels)),
        mean(channels(c.in_channels)),
        inverse_deviation(mean),
        gamma(mean),
        beta(mean),
        gamma_gradient(mean.size()),
        beta_gradient(mean.size()),
        rest(3 * mean.size()),
        scale(mean.size()),
        shift(mean.size()) {
    Random random(4);
    for (std::size_t i = 0; i < mean.size(); ++i) {
      mean[i] = static_cast<float>(random.uniform(-0.5, 0.5));
      inverse_deviation[i] = static_cast<float>(random.uniform(0.5, 2));
      gamma[i] = static_cast<float>(random.uniform(-1, 2));
      beta[i] = static_cast<float>(random.uniform(-0.5, 0.5));
      const float factor = gamma[i] * inverse_deviation[i];
      scale[i] = from_float<Value>(factor);
      shift[i] = from_float<Value>(beta[i] - mean[i] * factor);
    }
  }

  /// Where they lie on the host.
  ConvolutionArrays arrays() {
    return {.x = x.data(),
            .w = w.data(),
            .dy = dy.data(),
            .out = out.data(),
            .sums = {.sum = sum.data(), .squares = squares.data()},
            .norm = {.scale = scale.data(),
                     .shift = shift.data(),
                     .mean = mean.data(),
                     .inverse_deviation = inverse_deviation.data(),
                     .gamma = gamma.data(),
                     .beta = beta.data(),
                     .gamma_gradient = gamma_gradient.data(),
                     .beta_gradient = beta_gradient.data(),
                     .rest = rest.data()}};
  }

  std::vector<Value> x, w, dy, out;
  std::vector<float> sum, squares;
  std::vector<float> mean, inverse_deviation, gamma, beta, gamma_gradient, beta_gradient, rest;
  std::vector<Value> scale, shift;

 private:
  static std::vector<float> channels(std::int64_t count) {
    return std::vector<float>(static_cast<std::size_t>(count));
  }
  static std::vector<Value> random(std::uint64_t seed, std::int64_t count) {
    Random random(seed);
    std::vector<Value> values(static_cast<std::size_t>(count));
    for (Value& value : values) value = from_float<Value>(static_cast<float>(random.normal()));
    return values;
  }
};

/// Runs a graph with `values` on a GPU, and puts what it wrote in their place.
template <class Value>
void run_on_gpu(Convolver& convolver, const Convolution& convolution, ConvolutionGraph graph,
                ValueType type, ConvolutionValues<Value>& values) {
  const GpuId gpu{.number = 0, .name = "test"};
  const std::size_t workspace_bytes = convolver.workspace_bytes(convolution, graph, type);
  std::vector<GpuMemory> taken;
  Stream stream(gpu);
  const auto there = [&](auto& array) {
    const std::size_t bytes = array.size() * sizeof(array[0]);
    std::byte* const at = taken.emplace_back(gpu.number, bytes).data();
    stream.copy(at, array.data(), bytes);
    return reinterpret_cast<std::remove_reference_t<decltype(array[0])>*>(at);
  };
  ConvolutionArrays at{.x = there(values.x), .w = there(values.w), .dy = there(values.dy)};
  Value* const out = there(values.out);
  at.out = out;
  at.sums = {.sum = there(values.sum), .squares = there(values.squares)};
  at.norm = {.scale = there(values.scale),
             .shift = there(values.shift),
             .mean = there(values.mean),
             .inverse_deviation = there(values.inverse_deviation),
             .gamma = there(values.gamma),
             .beta = there(values.beta),
             .gamma_gradient = there(values.gamma_gradient),
             .beta_gradient = there(values.beta_gradient),
             .rest = there(values.rest)};
  at.workspace = taken.emplace_back(gpu.number, workspace_bytes + 1).data();
  convolver.run(convolution, graph, type, at, stream.get());
  const auto back = [&stream](auto& array, const auto* from) {
    stream.copy(array.data(), from, array.size() * sizeof(array[0]));
  };
  back(values.out, out);
  back(values.sum, at.sums.sum);
  back(values.squares, at.sums.squares);
  back(values.gamma_gradient, at.norm.gamma_gradient);
  back(values.beta_gradient, at.norm.beta_gradient);
  stream.synchronize();
}

inline double as_double(float value) { return static_cast<double>(value); }
inline double as_double(__half value) { return static_cast<double>(to_float(value)); }
inline double as_double(__nv_bfloat16 value) { return static_cast<double>(to_float(value)); }

/// The distance of two arrays, relative to the second; 0 where both are 0, infinite where it is not
/// a number.
template <class Value>
double distance(const std::vector<Value>& a, const std::vector<Value>& b) {
  double difference = 0, all = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double expected = as_double(b[i]);
    difference += std::pow(as_double(a[i]) - expected, 2);
    all += expected * expected;
  }
  if (difference == 0) return 0;
  const double relative = std::sqrt(difference / all);
  return std::isfinite(relative) ? relative : std::numeric_limits<double>::infinity();
}

/// The largest distance of all that a graph writes.
template <class Value>
double distance(const ConvolutionValues<Value>& a, const ConvolutionValues<Value>& b) {
  return std::max({distance(a.out, b.out), distance(a.sum, b.sum), distance(a.squares, b.squares),
                   distance(a.gamma_gradient, b.gamma_gradient),
                   distance(a.beta_gradient, b.beta_gradient)});
}

}  // namespace forebay::cuda
