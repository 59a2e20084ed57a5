#include <forebay/graph/own_threads.hpp>

#include <forebay/graph/node.hpp>
#include <forebay/graph/run.hpp>

namespace forebay::detail {

OwnThreads::~OwnThreads() { close(); }

void OwnThreads::close() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  wakes_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void OwnThreads::submit(Flight* flight) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(flight);
    // A node has no more flights than its limit, so with that many threads one is about to be idle.
    if (idle_ < waiting_.size() && threads_.size() < limit_) {
      threads_.emplace_back([this] { work(); });
    }
  }
  wakes_.notify_one();
}

void OwnThreads::set_limit(std::size_t limit) {
  const std::lock_guard lock(mutex_);
  limit_ = limit;
}

Flight* OwnThreads::next() {
  std::unique_lock lock(mutex_);
  ++idle_;
  wakes_.wait(lock, [this] { return closing_ || !waiting_.empty(); });
  --idle_;
  if (waiting_.empty()) return nullptr;
  Flight* flight = waiting_.front();
  waiting_.erase(waiting_.begin());
  return flight;
}

void OwnThreads::work() {
  while (Flight* flight = next()) run_.work_on_own(flight, node_);
}

}  // namespace forebay::detail
