#pragma once

// What is left to do after a node's lock has been released.

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace forebay {

/// Position of an item in a stream: every edge carries 0, 1, 2, ... without gaps; dropped items
/// leave a hole that travels in their place.
using Sequence = std::uint64_t;

namespace detail {

class Node;
class QueueBase;
struct Flight;

/// Nanoseconds of the steady clock.
std::int64_t now_ns();

/// Nanoseconds that the calling thread has been on a core.
std::int64_t thread_cpu_ns();

/// A vector whose first `N` elements need no allocation.
template <typename T, std::size_t N>
class InlineVector {
 public:
  void push_back(T value) {
    if (size_ < N) {
      inline_[size_] = value;
    } else {
      more_.push_back(value);
    }
    ++size_;
  }
  T operator[](std::size_t i) const { return i < N ? inline_[i] : more_[i - N]; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  void clear() {
    size_ = 0;
    more_.clear();
  }

 private:
  std::array<T, N> inline_;  // filled up to size_
  std::vector<T> more_;
  std::size_t size_ = 0;
};

/// Something another node must be told. Told after the teller's lock is released, so that locks
/// never nest and a cycle in the graph cannot deadlock.
struct Event {
  enum class Kind : std::uint8_t {
    kWake,    // node: its output has room, or its settings changed
    kUnpark,  // node: an output that waited for bytes was admitted
    kHole,    // queue: nothing will come at `sequence`
    kEnd,     // queue: nothing will come from `sequence` on
    kStop,    // the run: a failure was noted
  };
  Kind kind;
  Node* node;
  QueueBase* queue;
  Sequence sequence;
};

/// Collected under a node's lock, carried out after it.
struct Actions {
  std::int64_t now = 0;  // when their cause happened, nanoseconds; 0 before `time` was asked
  std::int64_t time() { return now != 0 ? now : now = now_ns(); }
  bool traced = false;                // an item was; depths may be noted after it
  InlineVector<Flight*, 16> flights;  // to run, the most urgent first
  InlineVector<Event, 16> events;
};

}  // namespace detail
}  // namespace forebay
