// cuDNN's convolutions on a GPU: each kind that ResNet-18 has beside loops on the host, in each
// type, and the fused ones of all of ResNet-50's shapes beside those that are not.

#include <gtest/gtest.h>

#include <iostream>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <forebay/graph/error.hpp>
#include <forebay/nodes/cuda/cudnn/cudnn_convolver.hpp>

#include "../unit/cuda/host_convolver.hpp"
#include "convolution_arrays.hpp"

namespace forebay::cuda {

// What the loops are queued with where tests have streams on the host.
void queue_on_host(cudaStream_t /*stream*/, std::function<void()> work) { work(); }

namespace {

constexpr ConvolutionGraph kPlain[] = {ConvolutionGraph::kForward, ConvolutionGraph::kInputGradient,
                                       ConvolutionGraph::kWeightGradient};
constexpr ConvolutionGraph kFused[] = {
    ConvolutionGraph::kForwardSums, ConvolutionGraph::kNormalisedForward,
    ConvolutionGraph::kNormalisedInputGradient, ConvolutionGraph::kNormalisedWeightGradient};

std::set<Convolution> convolutions(const Network& network, std::size_t rows) {
  std::set<Convolution> all;
  for (const Layer& layer : network.layers) {
    if (layer.kind == LayerKind::kConvolution) all.insert(convolution_of(network, layer, rows));
  }
  return all;
}

std::string text_of(const Convolution& c, ConvolutionGraph graph) {
  return fmt::format("graph {} of {}x{}x{} by {} filters of {} at stride {}",
                     static_cast<int>(graph), c.in_channels, c.height, c.width, c.out_channels,
                     c.kernel, c.stride);
}

template <class Value>
double distance_from_loops(CudnnConvolver& cudnn, const Convolution& convolution,
                           ConvolutionGraph graph, ValueType type) {
  ConvolutionValues<Value> expected(convolution), got(convolution);
  HostConvolver().run(convolution, graph, type, expected.arrays(), nullptr);
  run_on_gpu(cudnn, convolution, graph, type, got);
  return distance(got, expected);
}

template <class Value>
void compare(ValueType type, double tolerance) {
  CudnnConvolver cudnn({.number = 0, .name = "test"});
  for (const Convolution& convolution : convolutions(resnet(18, {3, 64, 64}, 1000), 2)) {
    for (const ConvolutionGraph graph : kPlain) {
      EXPECT_LE(distance_from_loops<Value>(cudnn, convolution, graph, type), tolerance)
          << text_of(convolution, graph);
    }
  }
}

// Sums are in float32; results are rounded once.
TEST(Convolutions, AreTheLoopsInFloat32) { compare<float>(ValueType::kFloat32, 1e-5); }
TEST(Convolutions, AreNearTheLoopsInTf32) { compare<float>(ValueType::kTf32, 1e-3); }
TEST(Convolutions, AreTheLoopsInFloat16) { compare<__half>(ValueType::kFloat16, 1e-3); }
TEST(Convolutions, AreTheLoopsInBfloat16) { compare<__nv_bfloat16>(ValueType::kBfloat16, 8e-3); }

/// Compares the fused graphs that cuDNN has for this GPU: 0 or more of them.
template <class Distance>
int compare_fused(CudnnConvolver& cudnn, const std::set<Convolution>& all, const Distance& far) {
  int compared = 0;
  for (const Convolution& convolution : all) {
    for (const ConvolutionGraph graph : kFused) {
      try {
        cudnn.workspace_bytes(convolution, graph, ValueType::kFloat16);
      } catch (const Error& error) {
        std::cout << text_of(convolution, graph) << ": " << error.what() << '\n';
        continue;
      }
      ++compared;
      // A normalised value is rounded up to three times before it is multiplied.
      EXPECT_LE(far(convolution, graph), 2e-3) << text_of(convolution, graph);
    }
  }
  return compared;
}

TEST(FusedConvolutions, AreTheLoopsInFloat16) {
  CudnnConvolver cudnn({.number = 0, .name = "test"});
  const auto all = convolutions(resnet(18, {3, 64, 64}, 1000), 2);
  const int compared = compare_fused(cudnn, all, [&](const Convolution& c, ConvolutionGraph graph) {
    return distance_from_loops<__half>(cudnn, c, graph, ValueType::kFloat16);
  });
  if (compared == 0) GTEST_SKIP() << "cuDNN fuses nothing for this GPU";
  EXPECT_GE(compared, 4 * (static_cast<int>(all.size()) - 1));  // all but the stem
}

/// What fusing spares, on the host: x as it is after the norm and its ReLU.
void normalise(ConvolutionValues<__half>& values) {
  const std::size_t channels = values.scale.size();
  for (std::size_t i = 0; i < values.x.size(); ++i) {
    const std::size_t c = i % channels;
    const float y = to_float(values.x[i]) * to_float(values.scale[c]) + to_float(values.shift[c]);
    values.x[i] = from_float<__half>(std::max(0.0F, y));
  }
}

void add_output_sums(ConvolutionValues<__half>& values, const Convolution& c) {
  std::vector<double> sum(values.sum.size()), squares(sum);
  for (std::size_t i = 0; i < static_cast<std::size_t>(c.outputs()); ++i) {
    const double y = as_double(values.out[i]);
    sum[i % sum.size()] += y;
    squares[i % sum.size()] += y * y;
  }
  values.sum.assign(sum.begin(), sum.end());
  values.squares.assign(squares.begin(), squares.end());
}

// dx to dz, with its sums.
void mask(ConvolutionValues<__half>& values) {
  const std::size_t channels = values.mean.size();
  std::vector<double> of_gamma(channels), of_beta(channels);
  for (std::size_t i = 0; i < values.x.size(); ++i) {
    const std::size_t c = i % channels;
    const float normal = (to_float(values.x[i]) - values.mean[c]) * values.inverse_deviation[c];
    if (!(normal * values.gamma[c] + values.beta[c] > 0)) values.out[i] = from_float<__half>(0);
    of_beta[c] += as_double(values.out[i]);
    of_gamma[c] += as_double(values.out[i]) * static_cast<double>(normal);
  }
  values.gamma_gradient.assign(of_gamma.begin(), of_gamma.end());
  values.beta_gradient.assign(of_beta.begin(), of_beta.end());
}

/// The same by a plain graph of cuDNN's, and the rest on the host.
void run_unfused(CudnnConvolver& cudnn, const Convolution& convolution, ConvolutionGraph graph,
                 ConvolutionValues<__half>& values) {
  const auto run = [&](ConvolutionGraph plain) {
    run_on_gpu(cudnn, convolution, plain, ValueType::kFloat16, values);
  };
  switch (graph) {
    case ConvolutionGraph::kNormalisedForward:
      normalise(values);
      [[fallthrough]];
    case ConvolutionGraph::kForwardSums:
      run(ConvolutionGraph::kForward);
      return add_output_sums(values, convolution);
    case ConvolutionGraph::kNormalisedInputGradient:
      run(ConvolutionGraph::kInputGradient);
      return mask(values);
    case ConvolutionGraph::kNormalisedWeightGradient:
      normalise(values);
      return run(ConvolutionGraph::kWeightGradient);
    default:
      FAIL() << "not a fused graph";
  }
}

TEST(FusedConvolutions, AreTheUnfusedForAllOfResNet50) {
  CudnnConvolver cudnn({.number = 0, .name = "test"});
  const auto all = convolutions(resnet(50), 4);
  const int compared = compare_fused(cudnn, all, [&](const Convolution& c, ConvolutionGraph g) {
    ConvolutionValues<__half> expected(c), got(c);
    run_unfused(cudnn, c, g, expected);
    run_on_gpu(cudnn, c, g, ValueType::kFloat16, got);
    return distance(got, expected);
  });
  if (compared == 0) GTEST_SKIP() << "cuDNN fuses nothing for this GPU";
  EXPECT_GE(compared, 4 * (static_cast<int>(all.size()) - 1));  // all but the stem
}

}  // namespace
}  // namespace forebay::cuda
