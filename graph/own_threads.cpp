#include <forebay/graph/own_threads.hpp>

#include <forebay/graph/node.hpp>
#include <forebay/graph/run.hpp>

namespace forebay::detail {

OwnThreads::~OwnThreads() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  wakes_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void OwnThreads::submit(Flight* flight) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(flight);
    if (idle_ < waiting_.size()) threads_.emplace_back([this] { work(); });
  }
  wakes_.notify_one();
}

void OwnThreads::work() {
  for (;;) {
    Flight* flight = nullptr;
    {
      std::unique_lock lock(mutex_);
      ++idle_;
      wakes_.wait(lock, [this] { return closing_ || !waiting_.empty(); });
      --idle_;
      if (waiting_.empty()) return;
      flight = waiting_.front();
      waiting_.erase(waiting_.begin());
    }
    Actions actions;
    flight->begin = now_ns();
    flight->node->run_flight(*flight, actions);
    run_.settle(actions, /*keep=*/false);
  }
}

}  // namespace forebay::detail
