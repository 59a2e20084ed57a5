#pragma once

// Times what a convolution may run as, in memory of its own.

#include <functional>
#include <optional>

#include <forebay/nodes/cuda/device.hpp>
#include <forebay/nodes/cuda/gpu_memory.hpp>
#include <forebay/nodes/cuda/ops/convolver.hpp>

namespace forebay::cuda {

/// Has every array of a convolution's graphs on a GPU, all of zeros.
class GpuTimer {
 public:
  /// Throws `Error` where memory is short.
  GpuTimer(const GpuId& gpu, const Convolution& convolution, ValueType type,
           std::size_t workspace_bytes);
  ~GpuTimer();
  GpuTimer(const GpuTimer&) = delete;
  GpuTimer& operator=(const GpuTimer&) = delete;

  const ConvolutionArrays& arrays() const { return arrays_; }
  cudaStream_t stream() const { return stream_.get(); }

  /// The fastest of a few runs after one that is not timed; none where a call fails. `queue` queues
  /// a run on `stream` and tells whether it could.
  std::optional<float> milliseconds(const std::function<bool()>& queue);

 private:
  std::optional<float> time_once(const std::function<bool()>& queue);

  const GpuMemory memory_;
  const Stream stream_;
  ConvolutionArrays arrays_;
  cudaEvent_t begin_ = nullptr, end_ = nullptr;
  bool ready_ = false;  // memory is zeros, and there are events
};

/// Milliseconds of a batch norm's passes over memory that a fusion spares: over y for kSums, and
/// for kNormalised those over x. Of whole packs of channels. Throws `Error` where the GPU fails.
float time_norm(const GpuId& gpu, const Convolution& convolution, Fusion fusion, ValueType type);

}  // namespace forebay::cuda
