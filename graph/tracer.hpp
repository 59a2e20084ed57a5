#pragma once

// Keeps a graph's timeline while somebody asks for it.

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include <forebay/graph/trace.hpp>
#include <forebay/graph/trace_ring.hpp>

namespace forebay::detail {

/// Of one run. Tracing is on until a moment that whoever reads the trace moves on with every
/// `take`: a reader that dies leaves nothing switched on. Off, it costs a worker one relaxed load
/// an item; on, a worker writes into a ring that was made before, and counts what has no room
/// there.
class Tracer {
 public:
  static constexpr std::size_t kBodies = 65'536, kDepths = 16'384;  // kept between two `take`s
  static constexpr std::int64_t kBetweenSamples = 1'000'000;        // of the depths; nanoseconds

  /// Whether what ends at `time` belongs to a trace.
  bool wants(std::int64_t time) const { return time < until_.load(std::memory_order_relaxed); }

  // Any thread, after `wants`.
  void add(const TracedBody& body) { put(&Rings::bodies, body); }
  void add(const TracedDepth& depth) { put(&Rings::depths, depth); }

  /// Whether the calling worker is the one to note the depths at `time`.
  bool claims_sample(std::int64_t time);

  /// Goes on until `until` for `holder` ("process 12"), and moves out what it has had so far; what
  /// was kept for another before is thrown away. Any thread. Throws `Error` while another holds it.
  void take(const std::string& holder, std::int64_t until, Trace& trace);

 private:
  struct Rings {
    TraceRing<TracedBody> bodies{kBodies};
    TraceRing<TracedDepth> depths{kDepths};
  };
  template <typename Ring, typename T>
  void put(Ring Rings::*ring, const T& value) {
    Rings* rings = rings_.load(std::memory_order_acquire);  // `wants` alone does not order it
    if (rings == nullptr || (rings->*ring).push(value)) return;
    dropped_.fetch_add(1, std::memory_order_relaxed);
  }

  std::atomic<std::int64_t> until_{0};
  std::atomic<Rings*> rings_{nullptr};  // owned_, once it is made
  std::atomic<std::int64_t> next_sample_{0};
  std::atomic<std::uint64_t> dropped_{0};

  std::mutex mutex_;  // guards all below, and reading the rings
  std::unique_ptr<Rings> owned_;
  std::string holder_;
};

}  // namespace forebay::detail
