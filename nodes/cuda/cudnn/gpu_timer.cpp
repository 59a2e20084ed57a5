#include <forebay/nodes/cuda/cudnn/gpu_timer.hpp>

#include <algorithm>
#include <utility>

#include <forebay/graph/error.hpp>
#include <forebay/nodes/cuda/kernels/norm.hpp>
#include <forebay/nodes/cuda/kernels/pointwise.hpp>
#include <forebay/nodes/cuda/ops/norm.hpp>

namespace forebay::cuda {
namespace {

constexpr int kRunsTimed = 5;

/// Places arrays one behind the other, first without memory to find out how much they need.
class Places {
 public:
  explicit Places(std::byte* base) : base_(base) {}

  std::byte* take(std::int64_t values, std::size_t value_bytes) {
    constexpr std::size_t kAlignment = 256;
    const std::size_t bytes = static_cast<std::size_t>(values) * value_bytes;
    return base_ +
           std::exchange(taken_, taken_ + (bytes + kAlignment - 1) / kAlignment * kAlignment);
  }
  float* floats(std::int64_t values) {
    return reinterpret_cast<float*>(take(values, sizeof(float)));
  }
  std::size_t taken() const { return taken_; }

 private:
  std::byte* base_;
  std::size_t taken_ = 0;
};

ConvolutionArrays place(const Convolution& c, std::size_t value_bytes, Places& places) {
  const auto take = [&](std::int64_t values) { return places.take(values, value_bytes); };
  const std::int64_t in = c.in_channels, out = c.out_channels;
  return {.x = take(c.inputs()),
          .w = take(c.weights()),
          .dy = take(c.outputs()),
          .out = take(std::max({c.inputs(), c.weights(), c.outputs()})),
          .sums = {.sum = places.floats(out), .squares = places.floats(out)},
          .norm = {.scale = take(in),
                   .shift = take(in),
                   .mean = places.floats(in),
                   .inverse_deviation = places.floats(in),
                   .gamma = places.floats(in),
                   .beta = places.floats(in),
                   .gamma_gradient = places.floats(in),
                   .beta_gradient = places.floats(in),
                   .rest = places.floats(3 * in)}};
}

std::size_t bytes_of(ValueType type) {
  return type == ValueType::kFloat16 || type == ValueType::kBfloat16 ? 2 : 4;
}

std::size_t array_bytes(const Convolution& convolution, ValueType type) {
  Places places(nullptr);
  place(convolution, bytes_of(type), places);
  return places.taken();
}

/// Of launches, which throw where the GPU refuses them.
float milliseconds(GpuTimer& timer, const std::function<void()>& launches) {
  const auto time = timer.milliseconds([&launches] { return launches(), true; });
  if (!time) throw Error("a kernel of a batch norm fails on the GPU while it is timed");
  return *time;
}

Parts parts_of(std::int64_t values, std::int64_t channels) {
  return norm_parts(static_cast<Index>(values / channels), static_cast<Index>(channels));
}

/// Of the sums by channel of all parts, of either kind, and of groups of parts.
std::size_t sum_bytes(std::int64_t values, std::int64_t channels) {
  return 2 * std::size_t{parts_of(values, channels).count()} * static_cast<std::size_t>(channels) *
         std::max(sizeof(Moments), sizeof(GradientSums));
}

template <class Value>
float time_output_sums(const GpuId& gpu, const Convolution& c, ValueType type) {
  GpuTimer timer(gpu, c, type, sum_bytes(c.outputs(), c.out_channels));
  const auto channels = static_cast<Index>(c.out_channels);
  const Parts parts = parts_of(c.outputs(), c.out_channels);
  const ConvolutionArrays& at = timer.arrays();
  auto* const sums = static_cast<Moments*>(at.workspace);
  const SumMoments<Value> moments{static_cast<const Value*>(at.out), parts, channels, sums};
  const MergeMoments merge{sums, parts, parts_of_group(parts), channels,
                           sums + std::size_t{parts.count()} * channels};
  return milliseconds(timer, [&] {
    launch(moments, moments.count(), timer.stream());
    launch(merge, merge.count(), timer.stream());
  });
}

template <class Value>
float time_input_norm(const GpuId& gpu, const Convolution& c, ValueType type) {
  GpuTimer timer(gpu, c, type, sum_bytes(c.inputs(), c.in_channels));
  const auto channels = static_cast<Index>(c.in_channels);
  const Parts parts = parts_of(c.inputs(), c.in_channels);
  const ConvolutionArrays& at = timer.arrays();
  const auto* const x = static_cast<const Value*>(at.x);
  auto* const other = static_cast<Value*>(at.out);
  const float *scale = at.norm.gamma, *shift = at.norm.beta;
  const Normalise<Value> normalise{x, parts.rows, channels, scale, shift, nullptr, 0, other};
  auto* const sums = static_cast<GradientSums*>(at.workspace);
  const SumGradients<Value> gradients{x,     other,        parts, channels, scale,
                                      shift, at.norm.mean, 0,     sums};
  const MergeGradients merge{sums, parts.count(), parts_of_group(parts), channels,
                             sums + std::size_t{parts.count()} * channels};
  return milliseconds(timer, [&] {
    launch(normalise, normalise.count(), timer.stream());
    launch(gradients, gradients.count(), timer.stream());
    launch(merge, merge.count(), timer.stream());
  });
}

template <class Value>
float time_norm_of(const GpuId& gpu, const Convolution& convolution, Fusion fusion,
                   ValueType type) {
  return fusion == Fusion::kNormalised ? time_input_norm<Value>(gpu, convolution, type)
                                       : time_output_sums<Value>(gpu, convolution, type);
}

}  // namespace

GpuTimer::GpuTimer(const GpuId& gpu, const Convolution& convolution, ValueType type,
                   std::size_t workspace_bytes)
    : memory_(gpu.number, array_bytes(convolution, type) + workspace_bytes), stream_(gpu) {
  Places places(memory_.data());
  arrays_ = place(convolution, bytes_of(type), places);
  arrays_.workspace = memory_.data() + places.taken();
  ready_ = cudaEventCreate(&begin_) == cudaSuccess && cudaEventCreate(&end_) == cudaSuccess &&
           cudaMemsetAsync(memory_.data(), 0, places.taken(), stream()) == cudaSuccess;
}

GpuTimer::~GpuTimer() {
  if (begin_ != nullptr) cudaEventDestroy(begin_);
  if (end_ != nullptr) cudaEventDestroy(end_);
}

std::optional<float> GpuTimer::milliseconds(const std::function<bool()>& queue) {
  std::optional<float> fastest;
  for (int run = 0; run <= kRunsTimed; ++run) {
    const auto time = time_once(queue);
    if (!time) {
      cudaGetLastError();  // or the next launch reports it again
      return std::nullopt;
    }
    if (run > 0) fastest = fastest ? std::min(*fastest, *time) : *time;
  }
  return fastest;
}

std::optional<float> GpuTimer::time_once(const std::function<bool()>& queue) {
  float time = 0;
  if (!ready_ || cudaEventRecord(begin_, stream()) != cudaSuccess) return std::nullopt;
  const bool queued = queue();
  const bool done = cudaEventRecord(end_, stream()) == cudaSuccess &&
                    cudaEventSynchronize(end_) == cudaSuccess &&
                    cudaEventElapsedTime(&time, begin_, end_) == cudaSuccess;
  return queued && done ? std::optional(time) : std::nullopt;
}

float time_norm(const GpuId& gpu, const Convolution& convolution, Fusion fusion, ValueType type) {
  switch (type) {
    case ValueType::kFloat16:
      return time_norm_of<__half>(gpu, convolution, fusion, type);
    case ValueType::kBfloat16:
      return time_norm_of<__nv_bfloat16>(gpu, convolution, fusion, type);
    case ValueType::kFloat32:
    case ValueType::kTf32:
      break;
  }
  return time_norm_of<float>(gpu, convolution, fusion, type);
}

}  // namespace forebay::cuda
