#include <forebay/graph/tracer.hpp>

#include <forebay/graph/error.hpp>

namespace forebay::detail {

bool Tracer::claims_sample(std::int64_t time) {
  std::int64_t next = next_sample_.load(std::memory_order_relaxed);
  return time >= next && next_sample_.compare_exchange_strong(next, time + kBetweenSamples,
                                                              std::memory_order_relaxed);
}

void Tracer::take(const std::string& holder, std::int64_t until, Trace& trace) {
  const std::lock_guard lock(mutex_);
  if (holder != holder_ && wants(now_ns())) {
    throw Error("it is being traced by " + holder_ + "; wait until that has ended");
  }
  if (!owned_) {
    owned_ = std::make_unique<Rings>();
    rings_.store(owned_.get());
  }
  owned_->bodies.drain(trace.bodies);
  owned_->depths.drain(trace.depths);
  trace.dropped = dropped_.exchange(0, std::memory_order_relaxed);
  if (holder != holder_) {
    trace.bodies.clear(), trace.depths.clear(), trace.dropped = 0;
    holder_ = holder;
  }
  until_.store(until, std::memory_order_relaxed);
}

}  // namespace forebay::detail
