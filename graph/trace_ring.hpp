#pragma once

// A bounded queue of plain values that never makes its writers wait.

#include <atomic>
#include <bit>
#include <cstdint>
#include <type_traits>
#include <vector>

namespace forebay::detail {

/// Writers take places by counting up one number; a turn per place says when it may be written or
/// read. All memory is taken at the start.
template <typename T>
requires std::is_trivially_copyable_v<T>
class TraceRing {
 public:
  /// `places` is rounded up to a power of two.
  explicit TraceRing(std::size_t places)
      : places_(std::bit_ceil(places)), mask_(places_.size() - 1) {
    for (std::uint64_t i = 0; i < places_.size(); ++i) {
      places_[i].turn.store(i, std::memory_order_relaxed);
    }
  }

  /// Any thread. False when it is full; then `value` is lost.
  bool push(const T& value) {
    std::uint64_t at = next_.load(std::memory_order_relaxed);
    for (;;) {
      Place& place = places_[at & mask_];
      const std::uint64_t turn = place.turn.load(std::memory_order_acquire);
      if (turn < at) return false;  // not read since the last time round
      if (turn > at) {              // another writer was first
        at = next_.load(std::memory_order_relaxed);
      } else if (next_.compare_exchange_weak(at, at + 1, std::memory_order_relaxed)) {
        place.value = value;
        place.turn.store(at + 1, std::memory_order_release);
        return true;
      }
    }
  }

  /// Moves what is there to the end of `values`. One thread at a time.
  void drain(std::vector<T>& values) {
    for (std::size_t i = 0; i < places_.size(); ++i, ++first_) {  // no more than once round
      Place& place = places_[first_ & mask_];
      if (place.turn.load(std::memory_order_acquire) != first_ + 1) return;
      values.push_back(place.value);
      place.turn.store(first_ + places_.size(), std::memory_order_release);
    }
  }

 private:
  struct Place {
    std::atomic<std::uint64_t> turn{0};  // its number: to be written; one more: to be read
    T value{};
  };
  std::vector<Place> places_;
  const std::uint64_t mask_;
  std::atomic<std::uint64_t> next_{0};
  std::uint64_t first_ = 0;  // the reader's
};

}  // namespace forebay::detail
