#pragma once

// Nodes that wait for one item from each of several inputs.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <forebay/graph/ports.hpp>

namespace forebay::detail {

/// The untyped part of a join. Without keys, items at the same place of their streams belong
/// together, and outputs take that place; with keys, items of equal key do, looked for within the
/// queues' windows, and outputs take the place of the item on the first input.
class JoinBase : public Node {
 public:
  JoinBase(Run& run, std::string name, NodeSettings settings, bool by_key)
      : Node(run, std::move(name), "join", settings), by_key_(by_key) {}
  bool by_key() const override { return by_key_; }

 protected:
  virtual std::uint64_t key(std::size_t input, Sequence s) = 0;

  Found find(Actions& actions) override;
  bool exhausted() const override;
  Sequence output_end() const override;
  void take_hole(Sequence s, Actions& actions) override;
  std::string unmatched() const override;

  std::vector<Sequence> match_;  // of the item `find` found last, one per input

 private:
  Found find_by_place();
  Found find_by_key(Actions& actions);
  bool match_key(Sequence s);
  bool find_key(std::size_t input, std::uint64_t wanted);
  void skip_holes(QueueBase& input, Actions& actions);

  bool by_key_;
  Sequence asked_ = 0;  // whose key was computed last
};

/// A join whose outputs are of type `Out`.
template <typename Out>
class JoinOf : public JoinBase {
 public:
  OutputPort<Out>& output() { return output_; }

 protected:
  JoinOf(Run& run, std::string name, NodeSettings settings, bool by_key)
      : JoinBase(run, std::move(name), settings, by_key), output_(*this) {
    add_output(output_);
  }

  void recycle(Flight& flight) override {
    static_cast<ItemFlight<Out>&>(flight).item.reset();
    flights_.put_back(flight);
  }
  void work(Flight& flight, Actions& actions) override {
    body_done(flight, actions);
    count_out();
    auto& item = static_cast<ItemFlight<Out>&>(flight).item;
    output_.send(flight.sequence, std::move(*item), flight, actions);
    item.reset();
  }

  Flights<ItemFlight<Out>> flights_;

 private:
  OutputPort<Out> output_;
};

/// Inputs of different types; gives tuples.
template <typename... Ts>
class JoinNode final : public JoinOf<std::tuple<Ts...>> {
 public:
  using Keys = std::tuple<std::function<std::uint64_t(const Ts&)>...>;
  using Out = std::tuple<Ts...>;

  JoinNode(Run& run, std::string name, NodeSettings settings, std::optional<Keys> keys)
      : JoinOf<std::tuple<Ts...>>(run, std::move(name), settings, keys.has_value()),
        keys_(std::move(keys)),
        queues_(std::make_unique<Queue<Ts>>(*this, settings.queue, settings.queue_bytes)...) {
    std::apply([this](auto&... queue) { (this->add_input(*queue), ...); }, queues_);
  }
  template <std::size_t I>
  auto& queue() {
    return *std::get<I>(queues_);
  }

 private:
  std::uint64_t key(std::size_t input, Sequence s) override {
    return key_of(input, s, std::index_sequence_for<Ts...>{});
  }
  template <std::size_t... I>
  std::uint64_t key_of(std::size_t input, Sequence s, std::index_sequence<I...>) {
    std::uint64_t result = 0;
    ((I == input ? void(result = std::get<I>(*keys_)(queue<I>().at(s))) : void()), ...);
    return result;
  }
  template <std::size_t... I>
  Out take_all(Actions& actions, std::index_sequence<I...>) {
    return Out{queue<I>().take(this->match_[I], actions)...};
  }

  Flight& take(Sequence, Actions& actions) override {
    ItemFlight<Out>& flight = this->flights_.get();
    flight.item.emplace(take_all(actions, std::index_sequence_for<Ts...>{}));
    return flight;
  }

  std::optional<Keys> keys_;
  std::tuple<std::unique_ptr<Queue<Ts>>...> queues_;
};

/// Any number of inputs of one type, joined by place; gives vectors, input 0 first.
template <typename T>
class GatherNode final : public JoinOf<std::vector<T>> {
 public:
  using Out = std::vector<T>;

  GatherNode(Run& run, std::string name, NodeSettings settings, std::size_t inputs)
      : JoinOf<std::vector<T>>(run, std::move(name), settings, /*by_key=*/false) {
    for (std::size_t i = 0; i < inputs; ++i) {
      queues_.push_back(std::make_unique<Queue<T>>(*this, settings.queue, settings.queue_bytes));
      this->add_input(*queues_.back());
    }
  }
  Queue<T>& queue(std::size_t input) { return *queues_[input]; }

 private:
  std::uint64_t key(std::size_t, Sequence) override { return 0; }
  Flight& take(Sequence, Actions& actions) override {
    ItemFlight<Out>& flight = this->flights_.get();
    flight.item.emplace();
    flight.item->reserve(queues_.size());
    for (std::size_t i = 0; i < queues_.size(); ++i) {
      flight.item->push_back(queues_[i]->take(this->match_[i], actions));
    }
    return flight;
  }

  std::vector<std::unique_ptr<Queue<T>>> queues_;
};

}  // namespace forebay::detail
