#pragma once

// Work that a replica queues again and again, as one call.

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include <forebay/nodes/cuda/device.hpp>

namespace forebay::cuda {

/// Captures work until CUDA refuses once. From any thread.
class Capturing {
 public:
  /// `tell` is called once where CUDA refuses, with the reason, by who queues then; it may be
  /// empty.
  explicit Capturing(std::function<void(const std::string& why)> tell) : tell_(std::move(tell)) {}

  /// Nothing where CUDA has refused.
  std::optional<CapturedWork> capture(Stream& stream, const std::function<void()>& queue);

 private:
  std::function<void(const std::string&)> tell_;
  std::atomic<bool> captures_ = true;
};

/// Is queued call by call once, so that kernels and plans are loaded, is captured the next time,
/// and is one call from then on; or stays call by call where it is not captured. One thread at a
/// time.
class RepeatedWork {
 public:
  /// `calls` queue on `stream` what they did the last time, with the same numbers and pointers.
  /// Throws what they do, and `Error` where the GPU refuses.
  void queue(Stream& stream, Capturing& capturing, const std::function<void()>& calls);

 private:
  bool loaded_ = false;
  std::optional<CapturedWork> captured_;
};

}  // namespace forebay::cuda
