#pragma once

// Cores shared in equal parts by everything that computes, in simulated time.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <queue>
#include <utility>
#include <vector>

namespace forebay::detail {

/// Jobs on `cores` cores: with more jobs than cores each is given the same share. Times are
/// nanoseconds; time only moves forward.
class Processors {
 public:
  explicit Processors(double cores) : cores_(cores) {}

  void add(double now, double work, std::size_t job) {
    advance(now);
    jobs_.push({served_ + work, order_++, job});
  }

  /// When the next job is done; infinity when there is none.
  double next() const {
    if (jobs_.empty()) return std::numeric_limits<double>::infinity();
    return now_ + std::max(0.0, jobs_.top().done_at - served_) / rate();
  }

  /// Removes the job that is done at `next()`.
  std::size_t finish(double now) {
    advance(now);
    const std::size_t job = jobs_.top().job;
    served_ = std::max(served_, jobs_.top().done_at);
    jobs_.pop();
    return job;
  }

 private:
  struct Job {
    double done_at;  // what each job has been given by then
    std::uint64_t order;
    std::size_t job;
    bool operator>(const Job& other) const {
      return std::pair(done_at, order) > std::pair(other.done_at, other.order);
    }
  };

  double rate() const { return std::min(1.0, cores_ / static_cast<double>(jobs_.size())); }
  void advance(double now) {
    if (!jobs_.empty()) served_ += (now - now_) * rate();
    now_ = now;
  }

  double cores_;
  double now_ = 0;
  double served_ = 0;  // nanoseconds that a job there all the time would have been given
  std::uint64_t order_ = 0;
  std::priority_queue<Job, std::vector<Job>, std::greater<>> jobs_;
};

}  // namespace forebay::detail
