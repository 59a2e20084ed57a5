#include <forebay/graph/own_threads.hpp>

#include <string>
#include <system_error>

#include <forebay/graph/error.hpp>
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
  try {
    const std::lock_guard lock(mutex_);
    // A node has no more flights than its limit, so with that many threads one is about to be idle.
    if (idle_ <= waiting_.size() && threads_.size() < limit_) start_thread();
    waiting_.push_back(flight);
  } catch (const Error& error) {
    run_.fail(error.what());
    run_.work_on_own(flight, node_);  // ends the flight; no body runs any more
    return;
  }
  wakes_.notify_one();
}

void OwnThreads::start_thread() {
  try {
    threads_.emplace_back([this] { work(); });
  } catch (const std::system_error& error) {
    throw Error(node_.name() + ": cannot start thread " + std::to_string(threads_.size() + 1) +
                " of " + std::to_string(limit_) + ": " + error.code().message() + "; lower " +
                node_.name() + ".concurrency or raise the limit of threads");
  }
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
