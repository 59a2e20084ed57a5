#pragma once

// How a graph runs.

#include <functional>
#include <string>

namespace forebay {

/// Threads, meters and who is told what. An exception in a callback ends the run.
struct GraphOptions {
  int threads = 0;          // of the pool that all nodes share; 0 for usable_threads()
  bool metering = true;     // false: no times are measured, only items are counted
  double stall_after = 30;  // seconds without a finished item until `on_stall` is told
  std::function<void(const std::string&)> on_stall = {};  // on a thread of its own; else stderr
  /// Told "node: item: what" of each item that `OnError::kSkip` drops, one at a time, by the thread
  /// that worked on the item: it should be short.
  std::function<void(const std::string&)> on_skip = {};
};

}  // namespace forebay
