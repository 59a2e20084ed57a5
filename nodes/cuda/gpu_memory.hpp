#pragma once

// Memory of a GPU, as replicas take it in one piece.

#include <cstddef>
#include <memory>
#include <string>

namespace forebay::cuda {

/// Owns `bytes` of a GPU's memory; frees them on any thread.
class GpuMemory {
 public:
  /// Throws `Error` where the GPU refuses, saying how much it has free.
  GpuMemory(int gpu, std::size_t bytes);

  std::byte* data() const { return block_.get(); }

 private:
  struct Free {
    void operator()(std::byte* block) const;
  };
  std::unique_ptr<std::byte, Free> block_;
};

/// Of the whole GPU.
struct GpuMemoryFacts {
  std::size_t free = 0, total = 0;
};

/// Throws `Error` where the GPU is lost.
GpuMemoryFacts ask_memory(int gpu);

/// "GPU 0: a step needs 140.2 GiB and 139.1 of 139.8 GiB are free; ...": why it cannot have them.
std::string too_little_memory(int gpu, std::size_t bytes, std::size_t free, std::size_t total);

}  // namespace forebay::cuda
