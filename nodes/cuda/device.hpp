#pragma once

// What a replica asks of its GPU besides kernels: queues of work, events between them, and memory
// of the host that it copies from. Tests without a GPU link queues on the host in place of
// device.cpp.

#include <cuda_runtime.h>

#include <cstddef>
#include <functional>
#include <memory>

#include <forebay/nodes/cuda/gpus.hpp>

namespace forebay::cuda {

/// From here on the calling thread's launches go to that GPU. Throws `Error` where it is lost.
void use(const GpuId& gpu);

/// Whether a wait for a GPU of this process has run out of time. Then calls that wait for GPUs, as
/// those that give back memory do, may never return: leave that to the end of the process.
bool gpu_hangs();

class Event;

/// Work that a GPU does in order. Its calls queue and return; they throw `Error` where the GPU
/// refuses, which it also does for what failed before. Thread-safe, as CUDA's streams are.
class Stream {
 public:
  explicit Stream(GpuId gpu);

  /// Any memory of the GPU, or pinned memory, which stays as it is until the copy is done. Other
  /// memory of the host may be changed when the call returns.
  void copy(void* to, const void* from, std::size_t bytes);

  /// What is queued from here on begins after what `event` recorded last.
  void wait(const Event& event);

  /// Waits on the calling thread for all that is queued, as events do.
  void synchronize();

  cudaStream_t get() const { return stream_.get(); }
  const GpuId& gpu() const { return gpu_; }

 private:
  struct Destroy {
    void operator()(cudaStream_t stream) const;
  };
  GpuId gpu_;
  std::unique_ptr<CUstream_st, Destroy> stream_;
};

/// A place in a stream.
class Event {
 public:
  explicit Event(GpuId gpu);

  /// The end of what is queued now.
  void record(const Stream& stream);

  /// Waits on the calling thread, with hardly any use of a core, until the GPU is past that place.
  /// Throws `Error` where the work before it failed, and where it is not done within `limit`.
  void synchronize(std::chrono::milliseconds limit = kGpuWaitLimit) const;

  /// Whether the GPU is past that place, or failed before it. Does not wait.
  bool is_past() const;

  cudaEvent_t get() const { return event_.get(); }

 private:
  struct Destroy {
    void operator()(cudaEvent_t event) const;
  };
  GpuId gpu_;
  std::unique_ptr<CUevent_st, Destroy> event_;
};

/// Work of a stream as one call: a CUDA graph.
class CapturedWork {
 public:
  /// Keeps what `queue` queues on `stream`, with the pointers and numbers it has, and runs none of
  /// it: kernels and copies alone. Other threads' calls are not concerned. Throws `Error` where
  /// `queue` does, and where CUDA cannot capture what it queued; the stream is as before then.
  CapturedWork(Stream& stream, const std::function<void()>& queue);

  /// Queues all of it, on any stream of its GPU.
  void launch(Stream& stream) const;

 private:
  struct Destroy {
    void operator()(cudaGraphExec_t work) const;
  };
  std::unique_ptr<CUgraphExec_st, Destroy> work_;
};

/// Memory of the host that GPUs copy from and to by themselves, aligned to a page. Slow to take.
class PinnedMemory {
 public:
  /// Null for no bytes. Throws `Error` where the system refuses to pin as much.
  explicit PinnedMemory(std::size_t bytes);

  std::byte* data() const { return block_.get(); }

  /// For owners by pointer: gives back what `release` gave.
  static void free(std::byte* block);
  std::byte* release() { return block_.release(); }

 private:
  struct Free {
    void operator()(std::byte* block) const { PinnedMemory::free(block); }
  };
  std::unique_ptr<std::byte, Free> block_;
};

}  // namespace forebay::cuda
