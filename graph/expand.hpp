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

template <typename Range>
using ElementOf = std::remove_cvref_t<decltype(*std::begin(std::declval<Range&>()))>;

/// 1 -> any number: `body(item)` gives a range (a vector, say) whose elements are sent one by one
/// as room appears. Items are taken in order, one at a time, and the outputs are numbered anew.
template <typename In, typename Range, typename Body>
class ExpandNode final : public SerialNode<In, ElementOf<Range>> {
 public:
  using Out = ElementOf<Range>;

  ExpandNode(Run& run, std::string name, NodeSettings settings, Body body)
      : SerialNode<In, Out>(run, std::move(name), "expand", settings), body_(std::move(body)) {}

 private:
  // An item's life: one flight for the body, then errands that send while there is room.
  Found find(Actions&) override {
    const bool more = !this->working() && range_.has_value();
    return more ? Found{Found::What::kItem, this->next_output()} : this->next_in_order();
  }
  Flight& take(Sequence s, Actions& actions) override {
    ItemFlight<In>& flight = this->begin_work();
    flight.counted = !range_.has_value();
    if (!range_) flight.item.emplace(this->queue_.take(s, actions));
    return flight;
  }
  bool exhausted() const override { return this->queue_.ended() && !range_; }

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
    this->body_done(flight, actions);
    if (!range_) return;
    while (*next_ != std::end(*range_) && flight.parked == 0 &&
           this->output().admits(this->next_output())) {
      this->send_next(Out(std::move(**next_)), flight, actions);
      ++*next_;
    }
    if (*next_ == std::end(*range_)) {
      next_.reset();
      range_.reset();
    }
  }

  Body body_;
  std::optional<Range> range_;  // these two: the one worker's, handed on through the lock
  std::optional<decltype(std::begin(std::declval<Range&>()))> next_;
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
    this->body_done(flight, actions);
    this->drop_item(flight);
    send_holes(flight.sequence, sender.sent(), actions);
  }

  std::size_t per_item_;
  OutputPort<Out> output_;
  Body body_;
};

}  // namespace detail
}  // namespace forebay
