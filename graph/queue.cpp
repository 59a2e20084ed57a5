#include <forebay/graph/queue.hpp>

#include <algorithm>
#include <bit>

#include <forebay/graph/node.hpp>

namespace forebay::detail {

QueueBase::QueueBase(Node& owner, std::size_t capacity, std::size_t capacity_bytes)
    : owner_(owner),
      limit_(capacity),
      awaited_(capacity_bytes == 0 ? kOpen : 0),
      capacity_(capacity),
      capacity_bytes_(capacity_bytes),
      mask_(std::bit_ceil(capacity) - 1),
      places_(mask_ + 1, Place::kEmpty),
      item_bytes_(mask_ + 1, 0) {}

std::optional<Sequence> QueueBase::earliest() {
  for (scan_ = std::max(scan_, head_); scan_ < tail_; ++scan_) {
    const Place place = state(scan_);
    if (place == Place::kItem || place == Place::kHole) return scan_;
  }
  return std::nullopt;
}

bool QueueBase::complete() const {
  for (Sequence s = head_; s < end_; ++s) {
    if (s >= tail_ || state(s) == Place::kEmpty || state(s) == Place::kParked) return false;
  }
  return true;
}

bool QueueBase::arrived(Sequence s, std::size_t bytes, Actions& actions) {
  tail_ = std::max(tail_, s + 1);
  scan_ = std::min(scan_, s);
  item_bytes_[slot(s)] = bytes;
  if (capacity_bytes_ == 0) {
    enter(s);
    return true;
  }
  places_[slot(s)] = Place::kParked;
  ++parked_;
  admit_parked(s, actions);
  return places_[slot(s)] == Place::kItem;
}

void QueueBase::enter(Sequence s) {
  places_[slot(s)] = Place::kItem;
  bytes_ += item_bytes_[slot(s)];
  high_water_ = std::max(high_water_, ++depth_);
  high_water_bytes_ = std::max(high_water_bytes_, bytes_);
}

// The earliest always enters, as everything may wait for it. Those after it, while earlier ones are
// missing, are given half of the bytes: the missing ones will need the rest.
bool QueueBase::fits(Sequence s) const {
  if (capacity_bytes_ == 0 || s == head_) return true;
  const std::size_t bytes = bytes_ + item_bytes_[slot(s)];
  return s == admitted_ ? bytes_ == 0 || bytes <= capacity_bytes_ : bytes <= capacity_bytes_ / 2;
}

void QueueBase::admit_parked(Sequence self, Actions& actions) {
  const auto admit = [&](Sequence s) {
    enter(s);
    --parked_;
    scan_ = std::min(scan_, s);
    if (s != self) actions.events.push_back({Event::Kind::kUnpark, producer, this, 0});
  };
  admitted_ = std::max(admitted_, head_);
  for (; admitted_ < tail_; ++admitted_) {
    const Place place = state(admitted_);
    if (place == Place::kEmpty && capacity_bytes_ != 0) break;
    if (place != Place::kParked) continue;
    if (!fits(admitted_)) break;
    admit(admitted_);
  }
  for (Sequence s = admitted_ + 1; parked_ > 0 && s < tail_; ++s) {
    if (state(s) == Place::kParked && fits(s)) admit(s);
  }
  const Sequence awaited = capacity_bytes_ == 0 ? kOpen : admitted_;
  if (awaited == awaited_.load(std::memory_order_relaxed)) return;
  awaited_.store(awaited, std::memory_order_seq_cst);
  wake_waiting_producer(actions);
}

void QueueBase::put_hole(Sequence s, Actions& actions) {
  tail_ = std::max(tail_, s + 1);
  scan_ = std::min(scan_, s);
  places_[slot(s)] = Place::kHole;
  item_bytes_[slot(s)] = 0;
  if (capacity_bytes_ != 0) admit_parked(kOpen, actions);
}

void QueueBase::release(Sequence s, Actions& actions) {
  if (state(s) == Place::kItem) {
    --depth_;
    bytes_ -= item_bytes_[slot(s)];
  }
  places_[slot(s)] = Place::kTaken;
  if (s == head_) {
    while (head_ < tail_ && state(head_) == Place::kTaken) {
      places_[slot(head_)] = Place::kEmpty;
      ++head_;
    }
    publish_limit(actions);
  }
  if (capacity_bytes_ != 0) admit_parked(kOpen, actions);
}

void QueueBase::publish_limit(Actions& actions) {
  if (feedback()) return;
  limit_.store(head_ + capacity_, std::memory_order_seq_cst);
  wake_waiting_producer(actions);
}

// Pairs with Node::may_start: either the producer sees what was just stored or we see it waiting.
void QueueBase::wake_waiting_producer(Actions& actions) const {
  if (producer != nullptr && producer->waits_for_room()) {
    actions.events.push_back({Event::Kind::kWake, producer, nullptr, 0});
  }
}

void QueueBase::set_capacity(std::size_t items, std::size_t bytes, Actions& actions) {
  if (std::bit_ceil(items) > slots()) grow_ring(std::bit_ceil(items));
  capacity_ = items;
  const bool bytes_were_free = capacity_bytes_ == 0;
  capacity_bytes_ = feedback() ? 0 : bytes;
  if (bytes_were_free) admitted_ = head_;
  admit_parked(kOpen, actions);
  publish_limit(actions);
}

void QueueBase::close_cycle(std::size_t count) {
  first_ = count;
  capacity_bytes_ = 0;
  limit_.store(kOpen, std::memory_order_seq_cst);
  awaited_.store(kOpen, std::memory_order_seq_cst);
}

void QueueBase::close(Actions& actions) {
  limit_.store(kOpen, std::memory_order_seq_cst);
  awaited_.store(kOpen, std::memory_order_seq_cst);
  for (Sequence s = head_; s < tail_; ++s) {
    if (state(s) != Place::kParked) continue;
    places_[slot(s)] = Place::kTaken;
    --parked_;
    actions.events.push_back({Event::Kind::kUnpark, producer, this, 0});
  }
  wake_waiting_producer(actions);
}

void QueueBase::grow_ring(std::size_t size) {
  move_items(size);
  std::vector<Place> places(size, Place::kEmpty);
  std::vector<std::size_t> item_bytes(size, 0);
  for (Sequence s = head_; s < tail_; ++s) {
    places[s & (size - 1)] = places_[slot(s)];
    item_bytes[s & (size - 1)] = item_bytes_[slot(s)];
  }
  places_ = std::move(places);
  item_bytes_ = std::move(item_bytes);
  mask_ = size - 1;
}

void QueueBase::account(std::int64_t dt) {
  depth_time_ += dt * static_cast<std::int64_t>(depth_);
  const std::size_t level = std::min<std::size_t>(8, (depth_ * 8 + capacity_ - 1) / capacity_);
  level_time_[level] += dt;
}

QueueSnapshot QueueBase::snapshot() const {
  return {.from = from,
          .depth = depth_,
          .capacity = capacity_,
          .first = first_,
          .high_water = high_water_,
          .bytes = bytes_,
          .capacity_bytes = capacity_bytes_,
          .high_water_bytes = high_water_bytes_,
          .depth_time = depth_time_,
          .level_time = level_time_};
}

}  // namespace forebay::detail
