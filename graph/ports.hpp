#pragma once

// What the typed nodes share: sending, flights with an item, and a single input.

#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <forebay/graph/node.hpp>

namespace forebay::detail {

/// Sends items of type `T` to one queue.
template <typename T>
class OutputPort : public OutputBase {
 public:
  explicit OutputPort(Node& owner, std::size_t fan_out = 1) : OutputBase(owner, fan_out) {}

  void send(Sequence s, T&& item, Flight& flight, Actions& actions) {
    send_to(0, s, std::move(item), flight, actions);
  }

 protected:
  void send_to(std::size_t branch, Sequence s, T&& item, Flight& flight, Actions& actions) {
    auto& queue = static_cast<Queue<T>&>(*targets()[branch]);
    if (!queue.owner().receive(queue, s, std::move(item), actions)) {
      ++flight.parked;
    }
  }
};

/// Sends items to the queue of every branch: copies to all but the last.
template <typename T>
class BranchingPort final : public OutputPort<T> {
 public:
  using OutputPort<T>::OutputPort;

  void send_all(Sequence s, T&& item, Flight& flight, Actions& actions) {
    const std::size_t last = this->targets().size() - 1;
    for (std::size_t i = 0; i < last; ++i) this->send_to(i, s, T(item), flight, actions);
    this->send_to(last, s, std::move(item), flight, actions);
  }
};

/// A flight that carries an item.
template <typename T>
struct ItemFlight final : Flight {
  std::optional<T> item;
};

/// Flights of one node, reused. Guarded by the node's lock.
template <typename F>
class Flights {
 public:
  F& get() {
    if (free_.empty()) return all_.emplace_back();
    F* flight = free_.back();
    free_.pop_back();
    return *flight;
  }
  void put_back(Flight& flight) { free_.push_back(static_cast<F*>(&flight)); }

 private:
  std::deque<F> all_;
  std::vector<F*> free_;
};

/// How an item is named in errors: `describe(item)` where that is declared, else its place in the
/// stream. `describe` sees the item after the body has moved from it, so it must rely on plain
/// fields only.
template <typename T>
std::string describe_item(const T& item, Sequence s) {
  if constexpr (requires { describe(item); }) {
    return describe(item);
  } else {
    return "item " + std::to_string(s);
  }
}

/// A node with one input of type `In`.
template <typename In>
class InputNode : public Node {
 public:
  Queue<In>& queue() { return queue_; }

 protected:
  InputNode(Run& run, std::string name, std::string kind, NodeSettings settings)
      : Node(run, std::move(name), std::move(kind), settings),
        own_queue_(std::in_place, *this, settings.queue, settings.queue_bytes),
        queue_(*own_queue_) {
    add_input(queue_);
  }
  /// Takes from `queue` beside the node that owns it.
  InputNode(Run& run, std::string name, std::string kind, NodeSettings settings, Queue<In>& queue)
      : Node(run, std::move(name), std::move(kind), settings, &queue.owner()), queue_(queue) {
    add_input(queue_);
  }

  Found find(Actions&) override {
    const std::optional<Sequence> s = in_order() ? queue_.head() : queue_.earliest();
    if (!s) return {};
    if (queue_.has_item(*s)) return {Found::What::kItem, *s};
    if (queue_.has_hole(*s)) return {Found::What::kHole, *s};
    return {};
  }
  Flight& take(Sequence s, Actions& actions) override {
    ItemFlight<In>& flight = flights_.get();
    flight.item.emplace(queue_.take(s, actions));
    return flight;
  }
  void take_hole(Sequence s, Actions& actions) override {
    queue_.release(s, actions);
    for (const OutputBase* output : outputs()) output->send_hole(s, actions);
  }
  bool exhausted() const override { return queue_.ended(); }
  Sequence output_end() const override { return queue_.end(); }
  void recycle(Flight& flight) override {
    static_cast<ItemFlight<In>&>(flight).item.reset();
    flights_.put_back(flight);
  }

  static In& item_of(Flight& flight) { return *static_cast<ItemFlight<In>&>(flight).item; }
  static void drop_item(Flight& flight) { static_cast<ItemFlight<In>&>(flight).item.reset(); }

 private:
  std::optional<Queue<In>> own_queue_;

 protected:
  Queue<In>& queue_;
  Flights<ItemFlight<In>> flights_;
};

/// A node with one input that takes its items in order, one at a time, and numbers its outputs
/// anew.
template <typename In, typename Out>
class SerialNode : public InputNode<In> {
 public:
  OutputPort<Out>& output() { return output_; }
  bool serial() const override { return true; }

 protected:
  SerialNode(Run& run, std::string name, std::string kind, NodeSettings settings)
      : InputNode<In>(run, std::move(name), std::move(kind), settings), output_(*this) {
    this->add_output(output_);
  }

  /// What is next in the stream; nothing while the one worker is at work.
  Found next_in_order() const {
    if (working_) return {};
    const Sequence head = this->queue_.head();
    if (this->queue_.has_item(head)) return {Found::What::kItem, head};
    if (this->queue_.has_hole(head)) return {Found::What::kHole, head};
    return {};
  }
  /// A flight for the one worker, without an item.
  ItemFlight<In>& begin_work() {
    working_ = true;
    return this->flights_.get();
  }
  bool working() const { return working_; }
  Sequence next_output() const { return sent_; }
  void send_next(Out&& item, Flight& flight, Actions& actions) {
    this->count_out();
    output_.send(sent_++, std::move(item), flight, actions);
  }

  Places output_places(Sequence) const override { return {sent_, sent_}; }
  void take_hole(Sequence s, Actions& actions) override { this->queue_.release(s, actions); }
  Sequence output_end() const override { return sent_; }
  void recycle(Flight& flight) override {
    working_ = false;
    InputNode<In>::recycle(flight);
  }

 private:
  OutputPort<Out> output_;
  bool working_ = false;
  Sequence sent_ = 0;  // the one worker's, handed on through the lock
};

}  // namespace forebay::detail
