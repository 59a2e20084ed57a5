// In place of a loop on the host (host_launch.cpp): kernels run on the GPU, and `new` gives memory
// that it reaches, each piece by itself, so that the memory checker sees what is beyond. Tests hand
// kernels the arrays that they hand to loops; what lies on the stack they must not.

#include <cuda_runtime.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

#include <forebay/nodes/cuda/check.hpp>

namespace {

// Where a piece of memory is from; told before the piece, in as many bytes as it is aligned to.
enum class From : std::size_t { kHost, kManaged, kPinned };

std::atomic<From> source = From::kHost;
thread_local bool in_cuda = false;  // which allocates too

constexpr std::size_t kAlignment = 64;

void* allocate(std::size_t bytes, std::size_t alignment, From from) {
  if (from == From::kHost)
    return std::aligned_alloc(alignment, (bytes + alignment - 1) & -alignment);
  void* block = nullptr;
  in_cuda = true;
  if (from == From::kManaged) {
    cudaMallocManaged(&block, bytes);
  } else {
    cudaHostAlloc(&block, bytes, cudaHostAllocMapped);
  }
  in_cuda = false;
  return block;
}

void give_back(void* block, From from) {
  if (from == From::kHost) return std::free(block);
  in_cuda = true;
  (from == From::kManaged ? cudaFree : cudaFreeHost)(block);
  in_cuda = false;
}

From& from_of(void* piece) { return static_cast<From*>(piece)[-1]; }

void* take(std::size_t bytes, std::size_t alignment = kAlignment) {
  const From from = in_cuda ? From::kHost : source.load();
  auto* const block = static_cast<std::byte*>(allocate(bytes + alignment, alignment, from));
  if (block == nullptr) throw std::bad_alloc();
  from_of(block + alignment) = from;
  return block + alignment;
}

void drop(void* piece, std::size_t alignment = kAlignment) {
  if (piece != nullptr) give_back(static_cast<std::byte*>(piece) - alignment, from_of(piece));
}

class Gpu final : public testing::Environment {
  void SetUp() override {
    forebay::cuda::check(cudaSetDevice(0), "use GPU 0");
    forebay::cuda::check(cudaFree(nullptr), "begin with GPU 0");
    int managed = 0;  // that the host may read while the GPU is at work
    cudaDeviceGetAttribute(&managed, cudaDevAttrConcurrentManagedAccess, 0);
    source = managed != 0 ? From::kManaged : From::kPinned;
  }
  void TearDown() override { source = From::kHost; }
};

const auto* const gpu = testing::AddGlobalTestEnvironment(new Gpu);

}  // namespace

void* operator new(std::size_t bytes) { return take(bytes); }
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return take(bytes, static_cast<std::size_t>(alignment));
}
void operator delete(void* piece) noexcept { drop(piece); }
void operator delete(void* piece, std::size_t) noexcept { drop(piece); }
void operator delete(void* piece, std::align_val_t alignment) noexcept {
  drop(piece, static_cast<std::size_t>(alignment));
}
void operator delete(void* piece, std::size_t, std::align_val_t alignment) noexcept {
  drop(piece, static_cast<std::size_t>(alignment));
}

namespace forebay::cuda {

void finish_launches() { check(cudaDeviceSynchronize(), "run a kernel"); }

}  // namespace forebay::cuda
