#pragma once

// A GPU's streams in the host's memory, for replicas that are tested without one: what is queued
// runs when a test's order says so, and never before what it has to wait for.

#include <cuda_runtime.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <span>

namespace forebay::cuda {

/// When queued work runs: a GPU may take any of these orders, so all must give the same bits.
enum class HostOrder : std::uint8_t {
  kAtOnce,  // as it is queued
  kLate,    // when the host waits for it, and nothing else then
  kRandom,  // between these two, by chance
};

/// For all streams, from now on.
void set_host_order(HostOrder order, std::uint64_t seed = 0);

/// A stream's work can be captured as long as it is of so many calls, from now on.
constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();
void limit_host_capture(std::size_t calls);

/// How often streams were given something, a captured stretch counting once.
std::size_t host_calls();

/// Queues work; without a stream it is done at once.
void queue_on_host(cudaStream_t stream, std::function<void()> work);

/// Queues work that runs once, when all of the streams have come to it; then all go on.
void meet_on_host(std::span<const cudaStream_t> streams, std::function<void()> work);

/// What is queued from here on begins when `until` holds, which whoever waits for it asks often.
void hold_on_host(cudaStream_t stream, std::function<bool()> until);

}  // namespace forebay::cuda
