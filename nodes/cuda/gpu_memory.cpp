#include <forebay/nodes/cuda/gpu_memory.hpp>

#include <cuda_runtime.h>
#include <fmt/format.h>

#include <forebay/graph/error.hpp>
#include <forebay/nodes/cuda/check.hpp>
#include <forebay/nodes/cuda/device.hpp>

namespace forebay::cuda {

void GpuMemory::Free::operator()(std::byte* block) const {
  if (gpu_hangs()) return;
  cudaFree(block);  // fails only where the GPU is lost, and its memory with it
}

GpuMemory::GpuMemory(int gpu, std::size_t bytes) {
  check(cudaSetDevice(gpu), fmt::format("use GPU {}", gpu));
  void* block = nullptr;
  const cudaError_t result = cudaMalloc(&block, bytes);
  if (result == cudaErrorMemoryAllocation) {
    cudaGetLastError();  // or the next launch reports it again
    const auto [free, total] = ask_memory(gpu);
    throw Error(too_little_memory(gpu, bytes, free, total));
  }
  check(result, fmt::format("take memory of GPU {}", gpu));
  block_.reset(static_cast<std::byte*>(block));
}

GpuMemoryFacts ask_memory(int gpu) {
  check(cudaSetDevice(gpu), fmt::format("use GPU {}", gpu));
  GpuMemoryFacts facts;
  check(cudaMemGetInfo(&facts.free, &facts.total),
        fmt::format("ask GPU {} for its free memory", gpu));
  return facts;
}

std::string too_little_memory(int gpu, std::size_t bytes, std::size_t free, std::size_t total) {
  const auto gib = [](std::size_t size) { return static_cast<double>(size) / (1 << 30); };
  return fmt::format(
      "GPU {}: a step needs {:.1f} GiB and {:.1f} of {:.1f} GiB are free; give fewer rows, or end "
      "what else uses the GPU (nvidia-smi lists it)",
      gpu, gib(bytes), gib(free), gib(total));
}

}  // namespace forebay::cuda
