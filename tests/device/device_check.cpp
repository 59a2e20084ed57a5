// What of a GPU is no kernel's matter, each as a line of JSON: `device_check
// gpus|nvml|nccl|nvjpeg`. Fails where the figures cannot be right.

#include <cuda_runtime.h>
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include <forebay/graph/error.hpp>
#include <forebay/graph/inspect/nvml.hpp>
#include <forebay/nodes/cuda/check.hpp>
#include <forebay/nodes/cuda/gpu_mean.hpp>
#include <forebay/nodes/cuda/gpus.hpp>
#include <forebay/nodes/reduce/nccl.hpp>

#include "check_nvjpeg.hpp"

namespace forebay {
namespace {

using cuda::check;

GpuMachine machine() {
  GpuMachine found = find_gpus();
  const int wanted[] = {0};
  if (const std::string why = why_unusable(found, wanted); !why.empty()) throw Error(why);
  return found;
}

void gpus() {
  const GpuMachine found = machine();
  fmt::print(R"({{"built_with": {}, "driver": {}, "gpus": [)", found.built_with, found.driver);
  for (const Gpu& gpu : found.gpus) {
    fmt::print(R"({}{{"name": "{}", "capability": {}, "memory": {}, "pci": "{}"}})",
               &gpu == found.gpus.data() ? "" : ", ", gpu.name, gpu.capability, gpu.memory_bytes,
               gpu.pci);
  }
  fmt::print("]}}\n");
}

/// Memory of GPU 0, zeroed.
class Buffer {
 public:
  explicit Buffer(std::size_t bytes) : bytes_(bytes) {
    check(cudaMalloc(&data_, bytes), "take memory of the GPU");
    check(cudaMemset(data_, 0, bytes), "clear it");
  }
  ~Buffer() { cudaFree(data_); }
  Buffer(const Buffer&) = delete;  // freed once
  void* data() const { return data_; }
  std::size_t bytes() const { return bytes_; }

 private:
  void* data_ = nullptr;
  std::size_t bytes_;
};

// Half a second's work and more, so that the driver sees a busy GPU.
void keep_busy(const Buffer& from, const Buffer& to) {
  const auto begin = std::chrono::steady_clock::now();
  while (std::chrono::steady_clock::now() - begin < std::chrono::milliseconds(1500)) {
    check(cudaMemcpyAsync(to.data(), from.data(), from.bytes(), cudaMemcpyDeviceToDevice),
          "copy on the GPU");
    check(cudaStreamSynchronize(nullptr), "copy on the GPU");
  }
}

void nvml() {
  std::vector<DeviceFacts> devices(1);
  devices[0].pci = machine().gpus[0].pci;
  const Buffer from(std::size_t{1} << 30), to(from.bytes());
  keep_busy(from, to);
  detail::Nvml asked;
  const double begin = detail::Nvml::steady_seconds();
  asked.tell(devices);
  const double seconds = detail::Nvml::steady_seconds() - begin;
  fmt::print(R"({{"pci": "{}", "seconds_with_loading": {:.4f})", devices[0].pci, seconds);
  const GpuFigures& gpu = devices[0].gpu;
  for (const auto& [name, figure] : kGpuFigures) {
    if (gpu.*figure) fmt::print(R"(, "{}": {})", name, *(gpu.*figure));
  }
  fmt::print("}}\n");
  if (!gpu.busy || *gpu.busy < 0.5) throw Error("a GPU that copies is not busy");
  if (!gpu.memory_used || *gpu.memory_used < 2.0 * (1 << 30)) {
    throw Error("less memory is used than this program has taken");
  }
}

// One rank alone: that NCCL loads, takes the stream and the types, and changes nothing.
void nccl() {
  const GpuMachine found = machine();
  cuda::Stream stream({.number = 0, .name = found.gpus[0].name});
  constexpr std::size_t kCount = 1 << 20;
  std::vector<float> values(kCount), back(kCount);
  for (std::size_t i = 0; i < kCount; ++i) values[i] = static_cast<float>(i % 1000);
  const Buffer buffer(kCount * sizeof(float));
  check(cudaMemcpy(buffer.data(), values.data(), buffer.bytes(), cudaMemcpyDefault), "copy");
  const auto begin = std::chrono::steady_clock::now();
  const auto seconds = [&begin] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  };
  NcclMean mean({cuda::rank_of(stream)});
  const double made = seconds();
  const std::vector<void*> parts{buffer.data()};
  for (const NcclType type : {NcclType::kFloat32, NcclType::kFloat16, NcclType::kBfloat16}) {
    mean.queue(parts, kCount, type, "bucket 0");
  }
  mean.wait();
  mean.check();
  fmt::print(R"({{"ranks": 1, "seconds_to_make": {:.3f}, "seconds_of_three": {:.4f}}})", made,
             seconds() - made);
  fmt::print("\n");
  check(cudaMemcpy(back.data(), buffer.data(), buffer.bytes(), cudaMemcpyDefault), "copy back");
  if (back != values) throw Error("the mean over one rank is another value");
}

void run(std::string_view what) {
  if (what == "gpus") return gpus();
  if (what == "nvml") return nvml();
  if (what == "nccl") return nccl();
  if (what == "nvjpeg") return check_nvjpeg(machine().gpus[0].name);
  throw Error("give gpus, nvml, nccl or nvjpeg");
}

}  // namespace
}  // namespace forebay

int main(int count, char** words) {
  try {
    forebay::run(count == 2 ? words[1] : "");
  } catch (const std::exception& error) {
    std::fflush(stdout);
    std::fprintf(stderr, "device_check: %s\n", error.what());
    return 1;
  }
}
