// cuDNN's convolutions on a GPU beside loops on the host: each kind that ResNet-18 has, in each
// type.

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <vector>

#include <forebay/nodes/cuda/check.hpp>
#include <forebay/nodes/cuda/cudnn/cudnn_convolver.hpp>
#include <forebay/nodes/cuda/device.hpp>
#include <forebay/nodes/cuda/gpu_memory.hpp>
#include <forebay/nodes/random.hpp>

#include "../unit/cuda/host_convolver.hpp"

namespace forebay::cuda {

// What the loops are queued with where tests have streams on the host.
void queue_on_host(cudaStream_t /*stream*/, std::function<void()> work) { work(); }

namespace {

constexpr std::size_t kRows = 2;

struct Sizes {
  std::size_t input, weights, output;  // values
};

Sizes sizes_of(const Convolution& c) {
  const auto out = [&c](std::int64_t size) {
    return (size + 2 * c.padding - c.kernel) / c.stride + 1;
  };
  return {static_cast<std::size_t>(c.rows * c.height * c.width * c.in_channels),
          static_cast<std::size_t>(c.out_channels * c.kernel * c.kernel * c.in_channels),
          static_cast<std::size_t>(c.rows * out(c.height) * out(c.width) * c.out_channels)};
}

/// What a graph reads and writes, in the order of `Convolver::run`.
struct Operands {
  std::size_t first, second, out;
};

Operands operands_of(const Sizes& sizes, ConvolutionGraph graph) {
  if (graph == ConvolutionGraph::kForward) return {sizes.input, sizes.weights, sizes.output};
  if (graph == ConvolutionGraph::kInputGradient) {
    return {sizes.output, sizes.weights, sizes.input};
  }
  return {sizes.output, sizes.input, sizes.weights};
}

template <class Value>
std::vector<Value> random_values(std::uint64_t seed, std::size_t size) {
  Random random(seed);
  std::vector<Value> values(size);
  for (Value& value : values) value = from_float<Value>(static_cast<float>(random.normal()));
  return values;
}

template <class Value>
std::vector<Value> on_gpu(CudnnConvolver& cudnn, const Convolution& convolution,
                          ConvolutionGraph graph, ValueType type, const std::vector<Value>& first,
                          const std::vector<Value>& second, std::size_t count) {
  const auto memory = [](std::size_t bytes) { return GpuMemory(0, bytes + 1); };
  const std::size_t workspace_bytes = cudnn.workspace_bytes(convolution, graph, type);
  const GpuMemory a = memory(first.size() * sizeof(Value)),
                  b = memory(second.size() * sizeof(Value)), c = memory(count * sizeof(Value)),
                  workspace = memory(workspace_bytes);
  std::vector<Value> out(count);
  Stream stream({.number = 0, .name = "test"});
  stream.copy(a.data(), first.data(), first.size() * sizeof(Value));
  stream.copy(b.data(), second.data(), second.size() * sizeof(Value));
  cudnn.run(convolution, graph, type, a.data(), b.data(), c.data(), workspace.data(), stream.get());
  stream.copy(out.data(), c.data(), count * sizeof(Value));
  stream.synchronize();
  return out;
}

// The distance of two arrays, relative to the second.
template <class Value>
double distance(const std::vector<Value>& a, const std::vector<Value>& b) {
  double difference = 0, all = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double expected = to_float(b[i]);
    difference += std::pow(to_float(a[i]) - expected, 2);
    all += expected * expected;
  }
  return std::sqrt(difference / all);
}

std::set<Convolution> convolutions(const Network& network) {
  std::set<Convolution> all;
  for (const Layer& layer : network.layers) {
    if (layer.kind == LayerKind::kConvolution) all.insert(convolution_of(network, layer, kRows));
  }
  return all;
}

template <class Value>
void compare(ValueType type, double tolerance) {
  CudnnConvolver cudnn({.number = 0, .name = "test"});
  HostConvolver host;
  for (const Convolution& convolution : convolutions(resnet(18, {3, 64, 64}, 1000))) {
    for (const ConvolutionGraph graph :
         {ConvolutionGraph::kForward, ConvolutionGraph::kInputGradient,
          ConvolutionGraph::kWeightGradient}) {
      const Operands operands = operands_of(sizes_of(convolution), graph);
      const auto first = random_values<Value>(1, operands.first),
                 second = random_values<Value>(2, operands.second);
      std::vector<Value> expected(operands.out);
      host.run(convolution, graph, type, first.data(), second.data(), expected.data(), nullptr,
               nullptr);
      const auto got = on_gpu(cudnn, convolution, graph, type, first, second, operands.out);
      EXPECT_LE(distance(got, expected), tolerance)
          << "graph " << static_cast<int>(graph) << " of " << convolution.in_channels << "x"
          << convolution.height << "x" << convolution.width << " by " << convolution.out_channels
          << " filters of " << convolution.kernel << " at stride " << convolution.stride;
    }
  }
}

// Sums are in float32; results are rounded once.
TEST(Convolutions, AreTheLoopsInFloat32) { compare<float>(ValueType::kFloat32, 1e-5); }
TEST(Convolutions, AreTheLoopsInFloat16) { compare<__half>(ValueType::kFloat16, 1e-3); }
TEST(Convolutions, AreTheLoopsInBfloat16) { compare<__nv_bfloat16>(ValueType::kBfloat16, 8e-3); }

}  // namespace
}  // namespace forebay::cuda
