#pragma once

// The function objects that oneTBB carries from thread to thread, and what ThreadSanitizer must be
// told of that: it cannot see into the library.

#include <oneapi/tbb/flow_graph.h>

#ifdef __SANITIZE_THREAD__
#include <sanitizer/tsan_interface.h>
#endif

#include <forebay/graph/run.hpp>

namespace forebay::detail {

/// All before this on the calling thread happens before what follows `taken_over(thing)`.
inline void handed_over([[maybe_unused]] void* thing) {
#ifdef __SANITIZE_THREAD__
  __tsan_release(thing);
#endif
}

inline void taken_over([[maybe_unused]] void* thing) {
#ifdef __SANITIZE_THREAD__
  __tsan_acquire(thing);
#endif
}

/// The body of every node's `tbb::flow::function_node`.
struct FlightTask {
  Run* run;
  tbb::flow::continue_msg operator()(Flight* flight) const {
    run->work_on(flight);
    return {};
  }
};

/// Hands a flight to its node from outside the pool.
struct PutTask {
  tbb::flow::function_node<Flight*>* task;
  Flight* flight;
  void operator()() const {
    taken_over(flight);
    task->try_put(flight);
  }
};

}  // namespace forebay::detail
