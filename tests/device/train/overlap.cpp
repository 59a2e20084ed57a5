#include <cuda_runtime.h>
#include <fmt/format.h>

#include <algorithm>

#include <forebay/nodes/cuda/device.hpp>
#include <forebay/nodes/cuda/gpu_memory.hpp>
#include <forebay/nodes/cuda/make_replica.hpp>

#include "commands.hpp"

namespace forebay::device {
namespace {

/// Milliseconds of a copy that nothing else goes on beside; the median of some.
double copy_alone(const GpuId& gpu, std::size_t bytes, cudaMemcpyKind kind) {
  const cuda::GpuMemory there(gpu.number, bytes);
  const cuda::PinnedMemory here(bytes);
  cuda::Stream stream(gpu);
  std::vector<double> times;
  for (int i = 0; i < 9; ++i) {
    const auto begin = Clock::now();
    if (kind == cudaMemcpyHostToDevice) {
      stream.copy(there.data(), here.data(), bytes);
    } else {
      stream.copy(here.data(), there.data(), bytes);
    }
    stream.synchronize();
    times.push_back(1e3 * seconds_since(begin));
  }
  std::ranges::nth_element(times, times.begin() + 4);
  return times[4];
}

double step_ms(const Network& network, const CudaReplicaOptions& options) {
  const auto replica = make_cuda_replica(network, options);
  load_initial(*replica, network);
  const Batch batch(network, options.replica.rows, options.replica.images.type);
  return 1e3 * median_step(*replica, batch.shard());
}

void print(const char* what, double step, double with, double alone) {
  fmt::print(R"("{}": {{"step_ms": {:.2f}, "with_ms": {:.2f}, "alone_ms": {:.2f}, )"
             R"("hidden": {:.2f}}})",
             what, step, with, alone, 1 - (with - step) / alone);
}

}  // namespace

void overlap(int depth, std::size_t rows, const Type& type) {
  const Network network = resnet(depth);
  CudaReplicaOptions options{
      .replica = {.rows = rows, .precision = type.precision, .tf32 = type.tf32, .images = kPixels},
      .sgd = kSgd,
      .gpu = gpu(),
      .tell = tell_not_captured};
  const double plain = step_ms(network, options);
  options.averaging = Averaging::kHost;
  const double averaged = step_ms(network, options);
  options.averaging = Averaging::kNone;
  options.replica.images = {};
  const double floats = step_ms(network, options);

  const auto gradients = static_cast<std::size_t>(parameter_count(network)) * sizeof(float);
  const Batch pixels(network, rows, SampleType::kUint8);
  const std::size_t more = 3 * pixels.bytes();  // float32 beside uint8
  fmt::print("{{");
  print("batches", plain, floats, copy_alone(options.gpu, more, cudaMemcpyHostToDevice));
  fmt::print(", ");
  print("gradients", plain, averaged,
        copy_alone(options.gpu, gradients, cudaMemcpyDeviceToHost) +
            copy_alone(options.gpu, gradients, cudaMemcpyHostToDevice));
  fmt::print("}}\n");
}

}  // namespace forebay::device
