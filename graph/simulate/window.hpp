#pragma once

// A simulated input queue: the window of places of graph/queue.hpp, without the items.

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <forebay/graph/simulate/model.hpp>

namespace forebay::detail {

/// One edge of a simulated graph. Positions are numbers in the stream; a feedback edge begins with
/// `first` items and takes whatever comes back, in the order in which it comes.
class Window {
 public:
  Window(const ModelQueue& queue, std::size_t owner)
      : owner_(owner),
        from_(queue.from),
        capacity_(queue.capacity),
        first_(queue.first),
        capacity_bytes_(queue.capacity_bytes),
        item_bytes_(queue.item_bytes),
        ring_(std::bit_ceil(std::max(queue.capacity, queue.first + 1)), Place::kEmpty) {
    for (std::size_t i = 0; i < first_; ++i) put(i, /*hole=*/false);
  }

  std::size_t owner() const { return owner_; }  // node that takes from it
  std::size_t from() const { return from_; }    // node that fills it
  bool feedback() const { return first_ > 0; }

  bool admits(std::uint64_t position) const { return feedback() || position < head_ + capacity_; }
  bool has_item(std::uint64_t position) const { return holds(position, Place::kItem); }
  bool has_hole(std::uint64_t position) const { return holds(position, Place::kHole); }
  std::uint64_t head() const { return head_; }

  /// The earliest item or hole that is there.
  std::optional<std::uint64_t> earliest() {
    for (scan_ = std::max(scan_, head_); scan_ < tail_; ++scan_) {
      if (has_item(scan_) || has_hole(scan_)) return scan_;
    }
    return std::nullopt;
  }

  void put(std::uint64_t position, bool hole) {
    if (feedback()) {
      if (hole) return;  // what was dropped in a cycle is gone
      position = tail_;
      if (tail_ - head_ == ring_.size()) grow();
    }
    tail_ = std::max(tail_, position + 1);
    if (hole) {
      at(position) = Place::kHole;
      scan_ = std::min(scan_, position);
    } else if (limits_bytes()) {
      at(position) = Place::kParked;
      ++parked_;
    } else {
      enter(position);
    }
    let_in();
  }

  /// Takes what is at `position`. Whether the window has moved.
  bool release(std::uint64_t position) {
    if (at(position) == Place::kItem) --depth_;
    at(position) = Place::kTaken;
    const bool moves = position == head_;
    while (moves && head_ < tail_ && at(head_) == Place::kTaken) at(head_++) = Place::kEmpty;
    let_in();
    return moves;
  }

  std::size_t depth() const { return depth_; }
  std::size_t parked() const { return parked_; }  // that wait for bytes, each with its worker
  /// Whether bytes are kept for what comes at `position`.
  bool awaits(std::uint64_t position) const { return limits_bytes() && position == let_in_; }

  void account(double dt) {
    depth_time_ += dt * static_cast<double>(depth_);
    const std::size_t level = std::min<std::size_t>(8, (depth_ * 8 + capacity_ - 1) / capacity_);
    level_time_[level] += dt;
  }

  QueueSnapshot snapshot(const Model& model) const {
    const auto bytes = [this](std::size_t items) {
      return static_cast<std::size_t>(static_cast<double>(items) * item_bytes_);
    };
    QueueSnapshot result{.from = model.nodes[from_].name,
                         .depth = depth_,
                         .capacity = capacity_,
                         .first = first_,
                         .high_water = high_water_,
                         .bytes = bytes(depth_),
                         .capacity_bytes = capacity_bytes_,
                         .high_water_bytes = bytes(high_water_),
                         .depth_time = static_cast<std::int64_t>(depth_time_)};
    for (std::size_t i = 0; i < level_time_.size(); ++i) {
      result.level_time[i] = static_cast<std::int64_t>(level_time_[i]);
    }
    return result;
  }

 private:
  enum class Place : std::uint8_t { kEmpty, kParked, kItem, kHole, kTaken };

  Place& at(std::uint64_t position) { return ring_[position & (ring_.size() - 1)]; }
  bool holds(std::uint64_t position, Place place) const {
    return position >= head_ && position < tail_ && ring_[position & (ring_.size() - 1)] == place;
  }

  bool limits_bytes() const { return capacity_bytes_ > 0 && item_bytes_ > 0 && !feedback(); }
  // As in graph/queue.cpp: the earliest always, those in order up to the limit, others up to half.
  bool fits(std::uint64_t position) const {
    if (position == head_ || (position == let_in_ && depth_ == 0)) return true;
    const double bytes = static_cast<double>(depth_ + 1) * item_bytes_;
    const auto limit = static_cast<double>(capacity_bytes_);
    return bytes <= (position == let_in_ ? limit : limit / 2);
  }
  void enter(std::uint64_t position) {
    at(position) = Place::kItem;
    scan_ = std::min(scan_, position);
    high_water_ = std::max(high_water_, ++depth_);
  }
  void unpark(std::uint64_t position) {
    --parked_;
    enter(position);
  }
  void let_in() {
    if (!limits_bytes()) return;
    for (let_in_ = std::max(let_in_, head_); let_in_ < tail_; ++let_in_) {
      if (at(let_in_) == Place::kEmpty) break;
      if (at(let_in_) != Place::kParked) continue;
      if (!fits(let_in_)) break;
      unpark(let_in_);
    }
    for (std::uint64_t i = let_in_ + 1; parked_ > 0 && i < tail_; ++i) {
      if (at(i) == Place::kParked && fits(i)) unpark(i);
    }
  }
  void grow() {
    std::vector<Place> larger(2 * ring_.size(), Place::kEmpty);
    for (std::uint64_t i = head_; i < tail_; ++i) larger[i & (larger.size() - 1)] = at(i);
    ring_ = std::move(larger);
  }

  std::size_t owner_, from_, capacity_, first_, capacity_bytes_;
  double item_bytes_;
  std::vector<Place> ring_;
  std::uint64_t head_ = 0, tail_ = 0, scan_ = 0;
  std::uint64_t let_in_ = 0;  // all before it are or were in
  std::size_t parked_ = 0;
  std::size_t depth_ = 0, high_water_ = 0;
  double depth_time_ = 0;
  std::array<double, 9> level_time_{};
};

}  // namespace forebay::detail
