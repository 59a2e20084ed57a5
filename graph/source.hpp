#pragma once

// The node that begins a stream.

#include <optional>
#include <string>
#include <utility>

#include <forebay/graph/ports.hpp>

namespace forebay::detail {

/// 0 -> 1: calls `body` for one item after another until it gives nullopt. One call at a time. A
/// body that throws is called again when `on_error` is skip, but not for ever.
template <typename Out, typename Body>
class SourceNode final : public Node {
 public:
  SourceNode(Run& run, std::string name, NodeSettings settings, Body body)
      : Node(run, std::move(name), "source", settings), output_(*this), body_(std::move(body)) {
    add_output(output_);
  }
  OutputPort<Out>& output() { return output_; }
  bool serial() const override { return true; }

 private:
  Found find(Actions&) override {
    // A second worker would race for the next item, so there is only ever one.
    if (last_ || working_) return {};
    return {Found::What::kItem, next_};
  }
  Flight& take(Sequence, Actions&) override {
    working_ = true;
    flight_.counted = true;
    return flight_;
  }
  void take_hole(Sequence, Actions&) override {}
  bool exhausted() const override { return last_; }
  Sequence output_end() const override { return next_; }
  void recycle(Flight&) override {
    working_ = false;
    next_ += sent_ ? 1 : 0;
    last_ = at_end_;
  }

  void work(Flight& flight, Actions& actions) override {
    sent_ = false;
    std::optional<Out> out;
    try {
      call_body([&] { out = body_(); });
      at_end_ = !out.has_value();
      failures_ = 0;
    } catch (...) {
      failed("item " + std::to_string(flight.sequence),
             ++failures_ < kMostFailures ? "" : "the source has failed 1000 times in a row");
    }
    body_done(flight, actions);
    if (!out) return;
    sent_ = true;
    count_out();
    output_.send(flight.sequence, std::move(*out), flight, actions);
  }

  static constexpr int kMostFailures = 1000;  // without an item in between

  OutputPort<Out> output_;
  Body body_;
  ItemFlight<char> flight_;
  Sequence next_ = 0;
  bool working_ = false;
  bool last_ = false;
  bool sent_ = false, at_end_ = false;  // written by the body's thread, read after it
  int failures_ = 0;                    // in a row; the body's thread's
};

}  // namespace forebay::detail
