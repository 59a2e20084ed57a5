#include <forebay/nodes/memory/plan.hpp>

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>

namespace forebay {

int MemoryPlan::add(std::size_t bytes) {
  buffers_.push_back({.bytes = (bytes + alignment_ - 1) / alignment_ * alignment_});
  return static_cast<int>(buffers_.size()) - 1;
}

void MemoryPlan::use(int buffer, int moment) {
  Interval& interval = buffers_[static_cast<std::size_t>(buffer)];
  if (interval.last < interval.first) {
    interval.first = interval.last = moment;
  } else {
    interval.first = std::min(interval.first, moment);
    interval.last = std::max(interval.last, moment);
  }
}

void MemoryPlan::keep(int buffer) {
  use(buffer, std::numeric_limits<int>::min());
  use(buffer, std::numeric_limits<int>::max());
}

bool MemoryPlan::alive_together(const Interval& a, const Interval& b) {
  return a.first <= b.last && b.first <= a.last && a.first <= a.last && b.first <= b.last;
}

std::size_t MemoryPlan::place() {
  std::vector<std::size_t> order(buffers_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [this](std::size_t a, std::size_t b) {
    return buffers_[a].bytes > buffers_[b].bytes;
  });
  std::multimap<std::size_t, const Interval*> placed;  // by offset
  std::size_t end = 0;
  for (std::size_t index : order) {
    Interval& buffer = buffers_[index];
    std::size_t at = 0;
    for (const auto& [offset, other] : placed) {
      if (!alive_together(buffer, *other)) continue;
      if (offset >= at + buffer.bytes) break;  // the gap before it is wide enough
      at = std::max(at, offset + other->bytes);
    }
    buffer.offset = at;
    placed.emplace(at, &buffer);
    end = std::max(end, at + buffer.bytes);
  }
  return end;
}

std::size_t MemoryPlan::live_peak() const {
  std::map<long long, long long> changes;  // moment -> bytes more, or fewer
  for (const Interval& buffer : buffers_) {
    if (buffer.last < buffer.first) continue;
    changes[buffer.first] += static_cast<long long>(buffer.bytes);
    changes[buffer.last + 1LL] -= static_cast<long long>(buffer.bytes);
  }
  long long live = 0, peak = 0;
  for (const auto& [moment, change] : changes) peak = std::max(peak, live += change);
  return static_cast<std::size_t>(peak);
}

std::size_t MemoryPlan::total() const {
  return std::accumulate(
      buffers_.begin(), buffers_.end(), std::size_t{0},
      [](std::size_t sum, const Interval& buffer) { return sum + buffer.bytes; });
}

}  // namespace forebay
