#pragma once

// A dataflow graph: declare nodes with their limits, connect them with >>, run, read the report.

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <forebay/graph/batch.hpp>
#include <forebay/graph/error.hpp>
#include <forebay/graph/expand.hpp>
#include <forebay/graph/graph_options.hpp>
#include <forebay/graph/join.hpp>
#include <forebay/graph/run.hpp>
#include <forebay/graph/signature.hpp>
#include <forebay/graph/source.hpp>
#include <forebay/graph/stage.hpp>
#include <forebay/graph/transform.hpp>

namespace forebay {

/// Owns nodes and their queues; declared before what its bodies refer to goes away, run once.
///
/// A node starts an item only when its concurrency limit allows and every output the item may have
/// has a free place downstream, so no queue ever holds more than its capacity. Items keep their
/// place in the stream: results that depend on order (batches) are the same for any concurrency.
///
/// Bodies are moved into their node and called by several threads at once when `concurrency` is
/// above 1. They must not block, unless the node has `RunOn::kOwnThreads`. An exception in a body
/// ends the run (or skips the item: `OnError`).
///
/// Declaring and connecting is for one thread; `set`, `snapshot` and `cancel` are for any, at any
/// time.
class Graph {
 public:
  explicit Graph(std::string name, GraphOptions options = {});
  ~Graph();
  Graph(const Graph&) = delete;  // nodes hold its address

  /// Begins a stream: `body()` gives `std::optional<T>`, nullopt at the end; one call at a time. By
  /// default it runs on a thread of its own and may block.
  template <typename Body>
  auto source(std::string name, NodeSettings settings, Body body) {
    using Out = typename std::invoke_result_t<Body&>::value_type;
    auto& node = add<detail::SourceNode<Out, Body>>(std::move(name), settings, std::move(body));
    return Stage<void, Out>{{}, {&node.output(), 0}};
  }
  template <typename Body>
  auto source(std::string name, Body body) {
    return source(std::move(name), NodeSettings{.run_on = RunOn::kOwnThreads}, std::move(body));
  }

  /// 1 -> 1: sends `body(item)`.
  template <typename Body>
  auto transform(std::string name, NodeSettings settings, Body body) {
    using In = detail::ArgumentOf<Body>;
    using Out = std::remove_cvref_t<std::invoke_result_t<Body&, In&&>>;
    auto& node =
        add<detail::TransformNode<In, Out, Body>>(std::move(name), settings, std::move(body));
    return Stage<In, Out>{{&node.queue()}, {&node.output(), 0}};
  }

  /// Adds another node beside the transform `of`: it takes items from the same queue and sends what
  /// its own body makes of them in their places, so nothing after it can tell who did. Whoever has
  /// a worker free takes the next item, `of` first where both have: the split follows their speeds.
  /// It has settings of its own but for the queue's. Throws `Error` where `of` is no single
  /// transform, or relies on its order.
  template <typename In, typename Out, typename Body>
  void helper(std::string name, const Stage<In, Out>& of, NodeSettings settings, Body body) {
    static_assert(std::is_same_v<std::invoke_result_t<Body&, In&&>, Out>,
                  "forebay: a helper sends items of the type that the node it helps sends");
    detail::Node& leader = of.input.queue->owner();
    detail::check_helper(name, leader, *of.output.port);
    leader.add_helper(add<detail::TransformNode<In, Out, Body>>(
        std::move(name), settings, std::move(body), *of.input.queue,
        static_cast<detail::OutputPort<Out>&>(*of.output.port)));
  }

  /// 1 -> 0 or 1: sends the items for which `body(item)` is true.
  template <typename Body>
  auto filter(std::string name, NodeSettings settings, Body body) {
    using T = detail::ArgumentOf<Body>;
    auto& node = add<detail::FilterNode<T, Body>>(std::move(name), settings, std::move(body));
    return Stage<T, T>{{&node.queue()}, {&node.output(), 0}};
  }

  /// 1 -> many: sends every element of the range that `body(item)` gives; serial, in order.
  template <typename Body>
  auto expand(std::string name, NodeSettings settings, Body body) {
    using In = detail::ArgumentOf<Body>;
    using Range = std::remove_cvref_t<std::invoke_result_t<Body&, In&&>>;
    using Node = detail::ExpandNode<In, Range, Body>;
    auto& node = add<Node>(std::move(name), settings, std::move(body));
    return Stage<In, typename Node::Out>{{&node.queue()}, {&node.output(), 0}};
  }

  /// 1 -> `per_item`: `body(item, Emitter<Out>&)` sends up to `per_item` outputs while it runs. The
  /// queue it feeds needs at least that many places.
  template <typename Out, typename Body>
  auto expand(std::string name, NodeSettings settings, std::size_t per_item, Body body) {
    using In = detail::ArgumentOf<Body>;
    detail::positive(name, "outputs per item", per_item);
    auto& node =
        add<detail::EmitNode<In, Out, Body>>(std::move(name), settings, per_item, std::move(body));
    return Stage<In, Out>{{&node.queue()}, {&node.output(), 0}};
  }

  /// Many -> 1: vectors of `size` items, in stream order.
  template <typename T>
  auto batch(std::string name, NodeSettings settings, std::size_t size,
             LastBatch last = LastBatch::kKeep) {
    detail::positive(name, "items per batch", size);
    return collect<T>(std::move(name), settings, CollectVector<T>(size, last));
  }
  /// Many -> 1 by a collector of your own; see `Collector`.
  template <typename In, typename Body>
  requires Collector<Body, In>
  auto collect(std::string name, NodeSettings settings, Body collector) {
    using Out = typename decltype(collector.finish())::value_type;
    auto& node =
        add<detail::BatchNode<In, Out, Body>>(std::move(name), settings, std::move(collector));
    return Stage<In, Out>{{&node.queue()}, {&node.output(), 0}};
  }

  /// Puts a stream back into order: sends items exactly as the stream numbers them.
  template <typename T>
  auto reorder(std::string name, NodeSettings settings = {}) {
    settings.order = Order::kInOrder;
    settings.fixed = true;  // with a second worker, sends could overtake each other
    if (settings.concurrency != 1) {
      throw Error(name + ".concurrency is " + std::to_string(settings.concurrency) +
                  "; a reorder sends one item at a time; give 1");
    }
    const auto pass = [](T item) { return item; };
    auto& node = add<detail::TransformNode<T, T, decltype(pass)>>(std::move(name), settings, pass,
                                                                  std::string("reorder"));
    return Stage<T, T>{{&node.queue()}, {&node.output(), 0}};
  }

  /// One input, `branches` outputs that each get every item. `T` is copied: make it a handle.
  template <typename T>
  struct Broadcast {
    Input<T> input;
    std::vector<Output<T>> outputs;
    /// The node seen as a stage whose output is branch `i`, so that chains can go on.
    Output<T> operator[](std::size_t i) const { return outputs[i]; }
  };
  template <typename T>
  Broadcast<T> broadcast(std::string name, NodeSettings settings, std::size_t branches) {
    detail::positive(name, "branches", branches);
    auto& node = add<detail::BroadcastNode<T>>(std::move(name), settings, branches);
    Broadcast<T> result{{&node.queue()}, {}};
    for (std::size_t i = 0; i < branches; ++i) result.outputs.push_back({&node.output(), i});
    return result;
  }

  /// Waits for one item from each of two inputs and sends both as a tuple: those at the same place
  /// of their streams, or, with keys, those for which `key_a(a) == key_b(b)`.
  template <typename A, typename B>
  struct Join {
    Input<A> first;
    Input<B> second;
    Output<std::tuple<A, B>> output;
  };
  template <typename A, typename B>
  Join<A, B> join(std::string name, NodeSettings settings = {}) {
    return make_join<A, B>(std::move(name), settings, std::nullopt);
  }
  template <typename A, typename B, typename KeyA, typename KeyB>
  Join<A, B> join(std::string name, NodeSettings settings, KeyA key_a, KeyB key_b) {
    return make_join<A, B>(std::move(name), settings,
                           typename detail::JoinNode<A, B>::Keys{key_a, key_b});
  }

  /// Waits for the items at the same place of `inputs` streams; sends them as a vector.
  template <typename T>
  struct Gather {
    std::vector<Input<T>> inputs;
    Output<std::vector<T>> output;
  };
  template <typename T>
  Gather<T> gather(std::string name, NodeSettings settings, std::size_t inputs) {
    detail::positive(name, "inputs", inputs);
    auto& node = add<detail::GatherNode<T>>(std::move(name), settings, inputs);
    Gather<T> result{{}, {&node.output(), 0}};
    for (std::size_t i = 0; i < inputs; ++i) result.inputs.push_back({&node.queue(i)});
    return result;
  }

  /// Ends a stream: calls `body(item)`.
  template <typename Body>
  auto sink(std::string name, NodeSettings settings, Body body) {
    using In = detail::ArgumentOf<Body>;
    auto& node = add<detail::SinkNode<In, Body>>(std::move(name), settings, std::move(body));
    return Stage<In, void>{{&node.queue()}, {}};
  }

  // The same with default settings.
  template <typename Body>
  auto transform(std::string name, Body body) {
    return transform(std::move(name), NodeSettings{}, std::move(body));
  }
  template <typename Body>
  auto filter(std::string name, Body body) {
    return filter(std::move(name), NodeSettings{}, std::move(body));
  }
  template <typename Body>
  auto sink(std::string name, Body body) {
    return sink(std::move(name), NodeSettings{}, std::move(body));
  }

  /// Connects an edge that closes a cycle. `first` are in the queue when the run begins; they are
  /// the credits without which a cycle could never start. What comes back is queued in the order in
  /// which it is sent, so `from`'s node keeps the stream's order and a concurrency of 1 from here
  /// on. The queue always takes what comes back, whatever its bytes; that it holds more items than
  /// it has places, which takes a cycle that multiplies them, fails the run.
  template <typename T>
  void feedback(const Output<T>& from, const Input<T>& to, std::vector<T> first) {
    detail::connect_back(*from.port, from.branch, *to.queue, first.size());
    detail::Actions actions;
    for (T& item : first) to.queue->put(0, std::move(item), actions);
  }

  /// Runs to the end and returns what was measured. Throws `Error` when the graph is not whole
  /// (an unconnected end, a cycle without first items, too small a queue) and when it failed: the
  /// first failure, as "node: item: what". A cancelled run returns.
  GraphSnapshot run();

  /// Ends the run: bodies under way finish, nothing else starts. Returns at once. Any thread (not a
  /// signal handler).
  void cancel();
  bool cancelled() const;

  /// Changes one setting of one node, at any time: set("decode.concurrency", "32"). Throws `Error`
  /// on an unknown node or setting, or a value out of range.
  void set(std::string_view path, std::string_view value);
  NodeSettings settings(std::string_view node) const;
  /// Whether there is a node of that name.
  bool has(std::string_view node) const;

  /// What happened so far. Any thread, before, during and after the run; takes microseconds.
  GraphSnapshot snapshot() const;

  /// Keeps a timeline of every body and of the queues' depths until `seconds` from now, and gives
  /// what it has kept since the last call: call it several times a second, at the end with 0. What
  /// does not fit in between is dropped and counted. Any thread; `holder` names who asks ("process
  /// 12"). Throws `Error` while another holder's time lasts, and when the graph has no meters.
  Trace trace(const std::string& holder, double seconds);

  const std::string& name() const;

 private:
  template <typename Node, typename... Args>
  Node& add(std::string name, NodeSettings settings, Args&&... args) {
    auto node =
        std::make_unique<Node>(*run_, std::move(name), settings, std::forward<Args>(args)...);
    Node& result = *node;
    keep(std::move(node));
    return result;
  }
  template <typename A, typename B>
  Join<A, B> make_join(std::string name, NodeSettings settings,
                       std::optional<typename detail::JoinNode<A, B>::Keys> keys) {
    auto& node = add<detail::JoinNode<A, B>>(std::move(name), settings, std::move(keys));
    return {{&node.template queue<0>()}, {&node.template queue<1>()}, {&node.output(), 0}};
  }
  void keep(std::unique_ptr<detail::Node> node);
  void check() const;
  detail::Node& find(std::string_view node) const;

  std::unique_ptr<detail::Run> run_;
  std::vector<std::unique_ptr<detail::Node>> nodes_;
  bool has_run_ = false;
  mutable std::mutex setting_;  // one change at a time, so that none is lost
};

}  // namespace forebay
