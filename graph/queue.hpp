#pragma once

// A bounded input queue: places numbered by position in the stream, handed out as credits.

#include <array>
#include <atomic>
#include <cstddef>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include <forebay/graph/actions.hpp>
#include <forebay/graph/snapshot.hpp>

namespace forebay::detail {

/// The untyped part of a node's input queue.
///
/// The queue is a window of `capacity` places that begins at the earliest item not yet taken. A
/// producer may start on the item that will be number `s` only while `s` lies in the window. So an
/// item under way always has a place (the depth never exceeds the capacity), the earliest item of
/// the whole graph can always go on (no deadlock, whatever overtakes it), and taking a credit is
/// one atomic load.
///
/// A feedback edge, which closes a cycle, has no window: what comes back is numbered anew in the
/// order in which it arrives and always let in, whatever its bytes. As long as no more comes back
/// than the cycle began with, that is no more than `first` items.
///
/// All but `admits` and `awaits` is guarded by the lock of the node that owns the queue.
class QueueBase {
 public:
  static constexpr Sequence kOpen = std::numeric_limits<Sequence>::max();

  QueueBase(Node& owner, std::size_t capacity, std::size_t capacity_bytes);
  virtual ~QueueBase() = default;
  QueueBase(const QueueBase&) = delete;  // edges hold its address

  /// Whether item `s` has a place. Lock-free; a false answer is final until the owner wakes the
  /// producer.
  bool admits(Sequence s) const { return s < limit_.load(std::memory_order_seq_cst); }

  /// With a byte limit: whether all before `s` has been let in, so that everything waits for `s`.
  /// Lock-free, like `admits`.
  bool awaits(Sequence s) const { return s <= awaited_.load(std::memory_order_seq_cst); }

  /// Whether anything is at `s`, and what.
  bool has_item(Sequence s) const { return in_ring(s) && state(s) == Place::kItem; }
  bool has_hole(Sequence s) const { return in_ring(s) && state(s) == Place::kHole; }

  /// The earliest item or hole that is there; nullopt when there is none.
  std::optional<Sequence> earliest();

  Sequence head() const { return head_; }
  Sequence tail() const { return tail_; }  // one past the latest that has arrived
  std::size_t depth() const { return depth_; }
  std::size_t capacity() const { return capacity_; }
  bool ended() const { return head_ == end_; }
  Sequence end() const { return end_; }
  /// Whether the stream has ended and all that is left of it is here.
  bool complete() const;

  void put_hole(Sequence s, Actions& actions);
  void set_end(Sequence end) { end_ = end; }

  /// Makes it a feedback edge that will begin with `count` items. Before the run.
  void close_cycle(std::size_t count);
  bool feedback() const { return first_ > 0; }
  std::size_t first() const { return first_; }

  /// Gives the place back after the item (or hole) at `s` was moved out. Wakes the producer when
  /// the window has moved and it waits.
  void release(Sequence s, Actions& actions);

  /// Throws away what is at `s`, an item or a hole.
  virtual void drop(Sequence s, Actions& actions) = 0;

  /// The owner has ended and takes nothing more: its producer must not wait for it any longer.
  void close(Actions& actions);

  /// Takes effect at once, also while full: growing wakes the producer; after shrinking nothing is
  /// admitted until the depth has fallen below the new capacity.
  void set_capacity(std::size_t items, std::size_t bytes, Actions& actions);

  /// Adds `dt` nanoseconds at the current depth.
  void account(std::int64_t dt);
  QueueSnapshot snapshot() const;

  Node& owner() { return owner_; }

  // Set when the edge is connected, before the run.
  Node* producer = nullptr;
  std::string from;

 protected:
  enum class Place : std::uint8_t { kEmpty, kItem, kHole, kParked, kTaken };

  /// Marks the item stored at `s`. Returns false when it must wait for bytes: its producer's
  /// worker then stays occupied until an `Event::kUnpark`.
  bool arrived(Sequence s, std::size_t bytes, Actions& actions);
  std::size_t slot(Sequence s) const { return s & mask_; }
  std::size_t slots() const { return mask_ + 1; }

 private:
  /// Moves the items of [head, tail) into a ring of `slots`, a power of two.
  virtual void move_items(std::size_t slots) = 0;
  void grow_ring(std::size_t slots);

  bool in_ring(Sequence s) const { return s >= head_ && s - head_ <= mask_; }
  Place state(Sequence s) const { return places_[slot(s)]; }
  void enter(Sequence s);
  bool fits(Sequence s) const;
  void admit_parked(Sequence self, Actions& actions);
  void publish_limit(Actions& actions);
  void wake_waiting_producer(Actions& actions) const;

  Node& owner_;
  std::atomic<Sequence> limit_;
  std::atomic<Sequence> awaited_;  // kOpen without a byte limit
  Sequence head_ = 0, tail_ = 0, scan_ = 0, end_ = kOpen;
  Sequence admitted_ = 0;  // with a byte limit: all before it have been let in
  std::size_t capacity_, capacity_bytes_;
  std::size_t first_ = 0;   // 0: no feedback edge
  std::size_t parked_ = 0;  // stored, but waiting for bytes
  std::size_t depth_ = 0, bytes_ = 0, high_water_ = 0, high_water_bytes_ = 0;
  std::size_t mask_ = 0;
  std::vector<Place> places_;
  std::vector<std::size_t> item_bytes_;
  std::int64_t depth_time_ = 0;
  std::array<std::int64_t, 9> level_time_{};
};

/// An item's size for byte limits: `byte_size(item)` where that is declared, else its `sizeof`.
template <typename T>
std::size_t bytes_of(const T& item) {
  if constexpr (requires { byte_size(item); }) {
    return byte_size(item);
  } else {
    return sizeof(T);
  }
}

/// An input queue of items of type `T`.
template <typename T>
class Queue final : public QueueBase {
 public:
  Queue(Node& owner, std::size_t capacity, std::size_t capacity_bytes)
      : QueueBase(owner, capacity, capacity_bytes), items_(slots()) {}

  /// Stores the item; see `arrived`. On a feedback edge, which must not be full, it goes last.
  bool put(Sequence s, T&& item, Actions& actions) {
    if (feedback()) s = tail();
    const std::size_t bytes = bytes_of(item);
    items_[slot(s)].emplace(std::move(item));
    return arrived(s, bytes, actions);
  }

  void drop(Sequence s, Actions& actions) override {
    items_[slot(s)].reset();
    release(s, actions);
  }

  T& at(Sequence s) { return *items_[slot(s)]; }

  /// Moves the item at `s` out and gives its place back.
  T take(Sequence s, Actions& actions) {
    T item = std::move(*items_[slot(s)]);
    items_[slot(s)].reset();
    release(s, actions);
    return item;
  }

 private:
  void move_items(std::size_t slots) override {
    std::vector<std::optional<T>> moved(slots);
    for (Sequence s = head(); s < tail(); ++s) {
      moved[s & (slots - 1)] = std::move(items_[slot(s)]);
    }
    items_ = std::move(moved);
  }

  std::vector<std::optional<T>> items_;
};

}  // namespace forebay::detail
