#pragma once

// The nodes that send several items for one.

#include <cstddef>
#include <iterator>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include <forebay/graph/error.hpp>
#include <forebay/graph/ports.hpp>
#include <forebay/graph/run.hpp>

namespace forebay {

/// Sends outputs of an item while its body still runs; given to the body, valid during that call.
template <typename Out>
class Emitter {
 public:
  virtual void operator()(Out item) = 0;

 protected:
  ~Emitter() = default;
};

namespace detail {

/// 1 -> any number: `body(item)` gives a range (a vector, say) whose elements are sent one by one
/// as room appears. Items are taken in order, one at a time, and the outputs are numbered anew.
template <typename In, typename Range, typename Body>
class ExpandNode final : public InputNode<In> {
 public:
  using Out = std::remove_cvref_t<decltype(*std::begin(std::declval<Range&>()))>;

  ExpandNode(Run& run, std::string name, NodeSettings settings, Body body)
      : InputNode<In>(run, std::move(name), "expand", settings),
        output_(*this),
        body_(std::move(body)) {
    this->add_output(output_);
  }
  OutputPort<Out>& output() { return output_; }
  bool serial() const override { return true; }

 private:
  // An item's life: one flight for the body, then errands that send while there is room.
  Found find(Actions&) override {
    if (working_) return {};
    if (range_) return {Found::What::kItem, sent_};
    const Sequence head = this->queue_.head();
    if (this->queue_.has_item(head)) return {Found::What::kItem, head};
    if (this->queue_.has_hole(head)) return {Found::What::kHole, head};
    return {};
  }
  Places output_places(Sequence) const override { return {sent_, sent_}; }
  Flight& take(Sequence s, Actions& actions) override {
    working_ = true;
    ItemFlight<In>& flight = this->flights_.get();
    flight.counted = !range_.has_value();
    if (!range_) flight.item.emplace(this->queue_.take(s, actions));
    return flight;
  }
  void take_hole(Sequence s, Actions& actions) override { this->queue_.release(s, actions); }
  bool exhausted() const override { return this->queue_.ended() && !range_; }
  Sequence output_end() const override { return sent_; }
  void recycle(Flight& flight) override {
    working_ = false;
    InputNode<In>::recycle(flight);
  }

  void work(Flight& flight, Actions& actions) override {
    if (flight.counted) {
      In& item = this->item_of(flight);
      try {
        this->call_body([&] { range_.emplace(body_(std::move(item))); });
        next_ = std::begin(*range_);
      } catch (...) {
        range_.reset();
        next_.reset();
        this->failed(describe_item(item, flight.sequence));
      }
      this->drop_item(flight);
    }
    this->body_done(flight);
    if (!range_) return;
    while (*next_ != std::end(*range_) && flight.parked == 0 && output_.admits(sent_)) {
      this->count_out();
      output_.send(sent_++, Out(std::move(**next_)), flight, actions);
      ++*next_;
    }
    if (*next_ == std::end(*range_)) {
      next_.reset();
      range_.reset();
    }
  }

  OutputPort<Out> output_;
  Body body_;
  bool working_ = false;
  std::optional<Range> range_;  // these three: the one worker's, handed on through the lock
  std::optional<decltype(std::begin(std::declval<Range&>()))> next_;
  Sequence sent_ = 0;
};

/// 1 -> exactly `per_item`, sent from inside `body(item, emit)` as each is ready. Starts an item
/// only when all of its outputs have a place. What the body does not send becomes holes.
template <typename In, typename Out, typename Body>
class EmitNode final : public InputNode<In> {
 public:
  EmitNode(Run& run, std::string name, NodeSettings settings, std::size_t per_item, Body body)
      : InputNode<In>(run, std::move(name), "expand", settings),
        per_item_(per_item),
        output_(*this),
        body_(std::move(body)) {
    this->add_output(output_);
  }
  OutputPort<Out>& output() { return output_; }
  std::size_t places_needed() const override { return per_item_; }

 private:
  class Sender final : public Emitter<Out> {
   public:
    Sender(EmitNode& node, Flight& flight) : node_(node), flight_(flight) {}
    void operator()(Out item) override {
      if (sent_ == node_.per_item_) {
        throw Error("the body sends more than the " + std::to_string(sent_) +
                    " items it declared; declare as many as it sends");
      }
      Actions actions;
      actions.now = flight_.end = now_ns();  // of this part of the body; the queue's clock
      node_.count_out();
      node_.output_.send(flight_.sequence * node_.per_item_ + sent_++, std::move(item), flight_,
                         actions);
      node_.run().settle(actions, Keep::kNone);
    }
    std::size_t sent() const { return sent_; }

   private:
    EmitNode& node_;
    Flight& flight_;
    std::size_t sent_ = 0;
  };

  Places output_places(Sequence s) const override {
    return {s * per_item_, s * per_item_ + per_item_ - 1};
  }
  void take_hole(Sequence s, Actions& actions) override {
    this->queue_.release(s, actions);
    send_holes(s, 0, actions);
  }
  Sequence output_end() const override { return this->queue_.end() * per_item_; }

  void send_holes(Sequence s, std::size_t from, Actions& actions) const {
    for (std::size_t i = from; i < per_item_; ++i) output_.send_hole(s * per_item_ + i, actions);
  }

  void work(Flight& flight, Actions& actions) override {
    In& item = this->item_of(flight);
    Sender sender(*this, flight);
    try {
      this->call_body([&] { body_(std::move(item), static_cast<Emitter<Out>&>(sender)); });
    } catch (...) {
      this->failed(describe_item(item, flight.sequence));
    }
    this->body_done(flight);
    this->drop_item(flight);
    send_holes(flight.sequence, sender.sent(), actions);
  }

  std::size_t per_item_;
  OutputPort<Out> output_;
  Body body_;
};

}  // namespace detail
}  // namespace forebay
