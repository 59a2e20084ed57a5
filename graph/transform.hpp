#pragma once

// The nodes that take one item at a time: transform, filter, reorder, broadcast, sink.

#include <string>
#include <utility>

#include <forebay/graph/ports.hpp>

namespace forebay::detail {

/// 1 -> 1. Up to `concurrency` calls of `body` at once; outputs keep their input's place in the
/// stream, whatever order they are finished in.
template <typename In, typename Out, typename Body>
class TransformNode final : public InputNode<In> {
 public:
  TransformNode(Run& run, std::string name, NodeSettings settings, Body body,
                std::string kind = "transform")
      : InputNode<In>(run, std::move(name), std::move(kind), settings),
        own_output_(std::in_place, *this),
        output_(*own_output_),
        body_(std::move(body)) {
    this->add_output(output_);
  }
  /// A helper: takes from `queue` and sends to `output` beside the node that both belong to.
  TransformNode(Run& run, std::string name, NodeSettings settings, Body body, Queue<In>& queue,
                OutputPort<Out>& output)
      : InputNode<In>(run, std::move(name), "transform", settings, queue),
        output_(output),
        body_(std::move(body)) {
    this->add_output(output_);
  }
  OutputPort<Out>& output() { return output_; }

 private:
  void work(Flight& flight, Actions& actions) override {
    In& item = this->item_of(flight);
    std::optional<Out> out;
    try {
      this->call_body([&] { out.emplace(body_(std::move(item))); });
    } catch (...) {
      this->failed(describe_item(item, flight.sequence));
    }
    this->body_done(flight, actions);
    this->drop_item(flight);
    if (out) {
      this->count_out();
      output_.send(flight.sequence, std::move(*out), flight, actions);
    } else {
      output_.send_hole(flight.sequence, actions);
    }
  }

  std::optional<OutputPort<Out>> own_output_;
  OutputPort<Out>& output_;
  Body body_;
};

/// 1 -> 0 or 1: passes on the items for which `body(item)` is true.
template <typename T, typename Body>
class FilterNode final : public InputNode<T> {
 public:
  FilterNode(Run& run, std::string name, NodeSettings settings, Body body)
      : InputNode<T>(run, std::move(name), "filter", settings),
        output_(*this),
        body_(std::move(body)) {
    this->add_output(output_);
  }
  OutputPort<T>& output() { return output_; }

 private:
  void work(Flight& flight, Actions& actions) override {
    T& item = this->item_of(flight);
    bool keep = false;
    try {
      this->call_body([&] { keep = static_cast<bool>(body_(std::as_const(item))); });
    } catch (...) {
      this->failed(describe_item(item, flight.sequence));
    }
    this->body_done(flight, actions);
    if (keep) {
      this->count_out();
      output_.send(flight.sequence, std::move(item), flight, actions);
    } else {
      output_.send_hole(flight.sequence, actions);
    }
    this->drop_item(flight);
  }

  OutputPort<T> output_;
  Body body_;
};

/// 1 -> the same item on every branch; `T` is copied, so it should be a handle.
template <typename T>
class BroadcastNode final : public InputNode<T> {
 public:
  BroadcastNode(Run& run, std::string name, NodeSettings settings, std::size_t branches)
      : InputNode<T>(run, std::move(name), "broadcast", settings), output_(*this, branches) {
    this->add_output(output_);
  }
  BranchingPort<T>& output() { return output_; }

 private:
  void work(Flight& flight, Actions& actions) override {
    this->body_done(flight, actions);
    this->count_out();
    output_.send_all(flight.sequence, std::move(this->item_of(flight)), flight, actions);
    this->drop_item(flight);
  }

  BranchingPort<T> output_;
};

/// 1 -> 0: the end of a stream.
template <typename In, typename Body>
class SinkNode final : public InputNode<In> {
 public:
  SinkNode(Run& run, std::string name, NodeSettings settings, Body body)
      : InputNode<In>(run, std::move(name), "sink", settings), body_(std::move(body)) {}

 private:
  void work(Flight& flight, Actions& actions) override {
    In& item = this->item_of(flight);
    try {
      this->call_body([&] { body_(std::move(item)); });
      this->count_out();
    } catch (...) {
      this->failed(describe_item(item, flight.sequence));
    }
    this->body_done(flight, actions);
    this->drop_item(flight);
  }

  Body body_;
};

}  // namespace forebay::detail
