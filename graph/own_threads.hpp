#pragma once

// Threads of one node whose body may block.

#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include <forebay/graph/actions.hpp>

namespace forebay::detail {

class Run;

/// Runs flights on threads that only this node uses; as many as flights were ever waiting at once,
/// so at most the node's concurrency. They end with the object.
class OwnThreads {
 public:
  explicit OwnThreads(Run& run) : run_(run) {}
  ~OwnThreads();
  OwnThreads(const OwnThreads&) = delete;  // its threads hold its address

  void submit(Flight* flight);

 private:
  void work();

  Run& run_;
  std::mutex mutex_;  // guards all below
  std::condition_variable wakes_;
  std::vector<Flight*> waiting_;  // first in, first out; short
  std::size_t idle_ = 0;
  bool closing_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace forebay::detail
