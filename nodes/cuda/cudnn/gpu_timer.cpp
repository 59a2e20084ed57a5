#include <forebay/nodes/cuda/cudnn/gpu_timer.hpp>

#include <algorithm>
#include <limits>

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

std::size_t bytes_of(ValueType type) { return type == ValueType::kFloat32 ? 4 : 2; }

std::size_t array_bytes(const Convolution& convolution, ValueType type) {
  Places places(nullptr);
  place(convolution, bytes_of(type), places);
  return places.taken();
}

template <class Value>
NormTimes time_norms_of(GpuTimer& timer, const Convolution& c) {
  const auto in = static_cast<Index>(c.in_channels), out = static_cast<Index>(c.out_channels);
  const Parts of_x = norm_parts(static_cast<Index>(c.inputs()) / in, in),
              of_y = norm_parts(static_cast<Index>(c.outputs()) / out, out);
  const std::size_t bytes = std::max(std::size_t{of_x.count()} * in * sizeof(GradientSums),
                                     std::size_t{of_y.count()} * out * sizeof(Moments));
  const GpuMemory sums = timer.memory(bytes);
  const ConvolutionArrays& at = timer.arrays();
  const auto* const x = static_cast<const Value*>(at.x);
  const auto* const y = static_cast<const Value*>(at.dy);
  auto* const g = static_cast<Value*>(at.out);
  const float *scale = at.norm.gamma, *shift = at.norm.beta, *mean = at.norm.mean;
  const SumMoments<Value> moments{y, of_y, out, reinterpret_cast<Moments*>(sums.data())};
  const Normalise<Value> normalise{x, in, scale, shift, nullptr, 0, g};
  const SumGradients<Value> gradients{
      x, g, of_x, in, scale, shift, mean, 0, reinterpret_cast<GradientSums*>(sums.data())};
  return {.sums = *timer.milliseconds([&] {
            launch(moments, moments.count(), timer.stream());
            return true;
          }),
          .input = *timer.milliseconds([&] {
            launch(normalise, packs_of(static_cast<std::size_t>(c.inputs())), timer.stream());
            launch(gradients, gradients.count(), timer.stream());
            return true;
          })};
}

}  // namespace

GpuTimer::GpuTimer(const GpuId& gpu, const Convolution& convolution, ValueType type,
                   std::size_t workspace_bytes)
    : memory_(gpu.number, array_bytes(convolution, type) + workspace_bytes), stream_(gpu) {
  Places places(memory_.data());
  arrays_ = place(convolution, bytes_of(type), places);
  arrays_.workspace = memory_.data() + places.taken();
  cudaEventCreate(&begin_);
  cudaEventCreate(&end_);
  cudaMemsetAsync(memory_.data(), 0, places.taken(), stream());
}

GpuTimer::~GpuTimer() {
  cudaEventDestroy(begin_);
  cudaEventDestroy(end_);
}

std::optional<float> GpuTimer::milliseconds(const std::function<bool()>& queue) {
  float fastest = std::numeric_limits<float>::infinity();
  for (int run = 0; run <= kRunsTimed; ++run) {
    float time = 0;
    cudaEventRecord(begin_, stream());
    const bool queued = queue();
    cudaEventRecord(end_, stream());
    const bool done = cudaEventSynchronize(end_) == cudaSuccess;
    if (!queued || !done) return std::nullopt;
    cudaEventElapsedTime(&time, begin_, end_);
    if (run > 0) fastest = std::min(fastest, time);
  }
  return fastest;
}

GpuMemory GpuTimer::memory(std::size_t bytes) const {
  return GpuMemory(stream_.gpu().number, bytes);
}

NormTimes time_norms(GpuTimer& timer, const Convolution& convolution, ValueType type) {
  switch (type) {
    case ValueType::kFloat16:
      return time_norms_of<__half>(timer, convolution);
    case ValueType::kBfloat16:
      return time_norms_of<__nv_bfloat16>(timer, convolution);
    case ValueType::kFloat32:
      break;
  }
  return time_norms_of<float>(timer, convolution);
}

}  // namespace forebay::cuda
