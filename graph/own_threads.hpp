#pragma once

// Threads of one node whose body may block.

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <thread>
#include <vector>

#include <forebay/graph/actions.hpp>

namespace forebay::detail {

class Run;

/// Runs flights on threads that only this node uses: at most as many as its concurrency, started
/// when first needed, each going on with the node's next item by itself.
class OwnThreads {
 public:
  OwnThreads(Run& run, const Node& node, std::size_t limit)
      : run_(run), node_(node), limit_(limit) {}
  ~OwnThreads();
  OwnThreads(const OwnThreads&) = delete;  // its threads hold its address

  /// Fails the run when a thread is needed for it and cannot be started.
  void submit(Flight* flight);
  /// Ends the threads, which have nothing left to do. The object stays: a thread from outside may
  /// still be on its way out of `submit`.
  void close();
  /// How many threads there may be. Those there are stay.
  void set_limit(std::size_t limit);

 private:
  void start_thread();
  void work();
  Flight* next();

  Run& run_;
  const Node& node_;
  std::mutex mutex_;  // guards all below
  std::condition_variable wakes_;
  std::vector<Flight*> waiting_;  // first in, first out; short
  std::size_t idle_ = 0, limit_;
  bool closing_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace forebay::detail
