#pragma once

// The node that makes one item of many.

#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <forebay/graph/ports.hpp>

namespace forebay {

/// What a batch node runs: fed items in stream order, one at a time, it gives a batch when one is
/// complete, and whatever is left when the stream has ended (nullopt to drop it).
template <typename C, typename In>
concept Collector = requires(C collector, In item) {
  { collector.add(std::move(item)).has_value() } -> std::convertible_to<bool>;
  { collector.finish().has_value() } -> std::convertible_to<bool>;
};

/// What to do with the items of an incomplete last batch.
enum class LastBatch : std::uint8_t { kKeep, kDrop };

/// Collects vectors of `size` items.
template <typename T>
class CollectVector {
 public:
  CollectVector(std::size_t size, LastBatch last) : size_(size), last_(last) {}

  std::optional<std::vector<T>> add(T item) {
    if (items_.empty()) items_.reserve(size_);
    items_.push_back(std::move(item));
    if (items_.size() < size_) return std::nullopt;
    return std::exchange(items_, {});
  }
  std::optional<std::vector<T>> finish() {
    if (items_.empty() || last_ == LastBatch::kDrop) return std::nullopt;
    return std::exchange(items_, {});
  }

 private:
  std::size_t size_;
  LastBatch last_;
  std::vector<T> items_;
};

namespace detail {

/// Many -> 1. Items are taken in order, one at a time; the batches are numbered anew.
template <typename In, typename Out, typename Body>
class BatchNode final : public SerialNode<In, Out> {
 public:
  BatchNode(Run& run, std::string name, NodeSettings settings, Body collector)
      : SerialNode<In, Out>(run, std::move(name), "batch", settings),
        collector_(std::move(collector)) {}

 private:
  // After the last item, one errand for what is left.
  Found find(Actions&) override {
    const Found next = this->next_in_order();
    const bool at_end = !this->working() && this->queue_.ended() && !finished_;
    return at_end ? Found{Found::What::kItem, this->queue_.head()} : next;
  }
  Flight& take(Sequence s, Actions& actions) override {
    ItemFlight<In>& flight = this->begin_work();
    flight.counted = this->queue_.has_item(s);
    if (flight.counted) {
      flight.item.emplace(this->queue_.take(s, actions));
    } else {
      finished_ = true;
    }
    return flight;
  }
  bool exhausted() const override { return finished_; }

  void work(Flight& flight, Actions& actions) override {
    std::optional<Out> batch;
    try {
      this->call_body([&] {
        batch =
            flight.counted ? collector_.add(std::move(this->item_of(flight))) : collector_.finish();
      });
    } catch (...) {
      this->failed(flight.counted ? describe_item(this->item_of(flight), flight.sequence)
                                  : std::string("the last batch"));
    }
    this->body_done(flight, actions);
    this->drop_item(flight);
    if (batch) this->send_next(std::move(*batch), flight, actions);
  }

  Body collector_;
  bool finished_ = false;
};

}  // namespace detail
}  // namespace forebay
