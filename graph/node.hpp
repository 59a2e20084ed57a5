#pragma once

// A node: decides when its items start, runs the body, measures both.

#include <oneapi/tbb/flow_graph.h>
#include <oneapi/tbb/spin_mutex.h>
#include <oneapi/tbb/task_arena.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <forebay/graph/actions.hpp>
#include <forebay/graph/queue.hpp>
#include <forebay/graph/settings.hpp>
#include <forebay/graph/snapshot.hpp>
#include <forebay/graph/tracer.hpp>

namespace forebay::detail {

class Run;
class OwnThreads;

/// One item being worked on. Flights are reused; a node has at most as many as its concurrency.
struct Flight {
  Node* node = nullptr;
  Sequence sequence = 0;
  std::int64_t begin = 0;  // of the body; nanoseconds
  std::int64_t end = 0;    // of the body; 0 while it runs
  std::int64_t cpu = 0;    // of the thread at `begin`, then of the body; when sampled
  bool sampled = false;    // whether `cpu` is measured
  bool counted = true;     // false for a node's own errands, which are not items
  int parked = 0;          // outputs that wait for bytes
  virtual ~Flight() = default;
};

/// One port through which a node sends; the untyped part.
class OutputBase {
 public:
  OutputBase(Node& owner, std::size_t fan_out) : owner_(owner), targets_(fan_out, nullptr) {}
  virtual ~OutputBase() = default;
  OutputBase(const OutputBase&) = delete;

  /// Whether `s` and all before it have a place in every queue it goes to.
  bool admits(Sequence s) const {
    for (const QueueBase* target : targets_) {
      if (!target->admits(s)) return false;
    }
    return true;
  }
  /// Whether no queue it goes to waits for an earlier item than `s`.
  bool awaits(Sequence s) const {
    for (const QueueBase* target : targets_) {
      if (!target->awaits(s)) return false;
    }
    return true;
  }
  void send_hole(Sequence s, Actions& actions) const;
  void send_end(Sequence end, Actions& actions) const;

  Node& owner() const { return owner_; }
  const std::vector<QueueBase*>& targets() const { return targets_; }
  void connect(std::size_t branch, QueueBase& queue) { targets_[branch] = &queue; }

 private:
  Node& owner_;
  std::vector<QueueBase*> targets_;  // one per branch; more than one only in a broadcast
};

/// What the exception being handled says.
std::string exception_text();

/// What the scheduler finds when it asks a node for work.
struct Found {
  enum class What : std::uint8_t { kNothing, kItem, kHole } what = What::kNothing;
  Sequence sequence = 0;
};

/// The places of an item's outputs, first and last.
struct Places {
  Sequence first = 0, last = 0;
};

/// Base of all nodes. One short spin lock guards queues, counters and limits; it is never held
/// while a body runs or another node is told something. Work runs as messages to a
/// `tbb::flow::function_node`, or on the node's own threads.
class Node {
 public:
  /// `helps` is the node whose queue and output it shares, if any: both outlive their use, and both
  /// are guarded by that node's lock.
  Node(Run& run, std::string name, std::string kind, NodeSettings settings, Node* helps = nullptr);
  virtual ~Node();
  Node(const Node&) = delete;  // queues and flights hold its address

  const std::string& name() const { return name_; }
  const std::string& kind() const { return kind_; }
  /// Whether it takes from another node's queue.
  bool is_helper() const { return &leader_ != this; }
  /// Lets `helper`, which was made to help this node, take from its queue. Before the run.
  void add_helper(Node& helper) { helpers_.push_back(&helper); }
  const std::vector<QueueBase*>& inputs() const { return inputs_; }
  const std::vector<OutputBase*>& outputs() const { return outputs_; }

  /// Whether the node works on one item at a time by its nature.
  virtual bool serial() const { return false; }
  /// Whether items from several inputs belong together by a key of their own.
  virtual bool by_key() const { return false; }
  /// Places that one item needs at once in each queue it feeds.
  virtual std::size_t places_needed() const { return 1; }

  NodeSettings settings() const;
  void change(const NodeSettings& settings, Actions& actions);
  /// Makes the node send in stream order for good. Throws `Error` when it has more than one worker,
  /// whose sends could overtake each other. Before the run.
  void keep_order(const std::string& why);
  NodeSnapshot snapshot(std::int64_t now) const;

  bool has_own_threads() const { return has_own_threads_; }
  /// Waits for the node's own threads, which have nothing left to do.
  void join_threads();
  /// Whether it, or a node that helps it, has an item that there is no room for.
  bool waits_for_room() const {
    return waits_for_room_.load(std::memory_order_seq_cst) || (!helpers_.empty() && helper_waits());
  }

  /// Starts whatever can start now.
  void wake(Actions& actions);
  void unpark(Actions& actions);
  void receive_hole(QueueBase& queue, Sequence s, Actions& actions);
  void receive_end(QueueBase& queue, Sequence end, Actions& actions);

  /// Returns false when the item was stored but waits for bytes; see `QueueBase::arrived`. A node
  /// that has ended drops it; a feedback edge that is full fails the run.
  template <typename T>
  bool receive(Queue<T>& queue, Sequence s, T&& item, Actions& actions) {
    const tbb::spin_mutex::scoped_lock lock(mutex_);
    if (ended_) return true;
    account(actions.time());
    if (queue.feedback() && queue.depth() >= queue.capacity()) return overflow(queue, actions);
    const bool admitted = queue.put(s, std::move(item), actions);
    pump(actions);
    return admitted;
  }

  /// Runs one flight to its end: body, outputs, then whatever may start next.
  void run_flight(Flight& flight, Actions& actions);
  /// Hands the flight to a worker.
  void launch(Flight& flight);

  /// Its index among the graph's nodes in their traces. Before the run.
  void set_number(std::uint32_t number) { number_ = number; }
  TracedNode traced() const;
  /// Notes how many items wait in each input.
  void trace_depths(Tracer& tracer, std::int64_t now) const;

  /// What a stuck node waits for, in words; empty when it waits for nothing.
  std::string waiting_for() const;
  bool ended() const;
  std::size_t active() const;
  std::uint64_t finished() const;

 protected:
  void add_input(QueueBase& queue) { inputs_.push_back(&queue); }
  void add_output(OutputBase& output) { outputs_.push_back(&output); }

  // Called with the lock held.
  virtual Found find(Actions& actions) = 0;
  virtual Places output_places(Sequence s) const { return {s, s}; }
  virtual Flight& take(Sequence s, Actions& actions) = 0;
  virtual void take_hole(Sequence s, Actions& actions) = 0;
  virtual bool exhausted() const = 0;       // no input will ever come
  virtual Sequence output_end() const = 0;  // items and holes sent in all
  virtual void recycle(Flight& flight) = 0;
  virtual std::string unmatched() const { return {}; }  // why waiting input can never be used

  // Called without it, on a worker. Calls `body_done` between body and sending, and lets go of the
  // item before it returns.
  virtual void work(Flight& flight, Actions& actions) = 0;

  /// Calls the body such that a wait inside it (a nested parallel loop) takes up no other item.
  template <typename Call>
  void call_body(const Call& call) const {
    if (has_own_threads_) {
      call();
    } else {
      tbb::this_task_arena::isolate(call);
    }
  }
  void body_done(Flight& flight, Actions& actions) const;
  /// Deals with the exception being handled, thrown on `item` ("item 17"), as `on_error` says.
  /// `but` is why it cannot be skipped all the same; empty when it can.
  void failed(const std::string& item, const std::string& but = {});
  Run& run() const { return run_; }
  void count_out() { items_out_.fetch_add(1, std::memory_order_relaxed); }
  bool in_order() const { return settings_.order == Order::kInOrder; }

 private:
  mutable tbb::spin_mutex own_mutex_;  // not used by helpers

 protected:
  tbb::spin_mutex& mutex_;

 private:
  friend class Run;
  enum class Idle : std::uint8_t { kNo, kStarved, kBlocked };

  bool overflow(const QueueBase& queue, Actions& actions) const;
  bool skips(std::string& what, const std::string& but);
  void account(std::int64_t now) const;
  void begin_body(Flight& flight);
  void trace(const Flight& flight, Actions& actions) const;
  void pump(Actions& actions);
  void start_items(Actions& actions);
  std::int64_t pump_crew(Actions& actions);
  bool helper_waits() const;
  std::int64_t idle_workers() const;
  template <typename Call>
  void each_of_crew(const Call& call) const;
  bool may_start(const Found& found);
  bool outputs_allow(const Found& found) const;
  void end(Actions& actions);

  Run& run_;
  const std::string name_, kind_;
  const bool has_own_threads_;
  std::uint32_t number_ = 0;
  NodeSettings settings_;
  Node& leader_;                // itself, or the node that it helps
  std::vector<Node*> helpers_;  // of a leader
  std::vector<QueueBase*> inputs_;
  std::vector<OutputBase*> outputs_;
  tbb::flow::function_node<Flight*> task_;
  std::unique_ptr<OwnThreads> own_threads_;

  std::atomic<bool> waits_for_room_{false};
  std::int64_t active_ = 0;   // items taken and not finished
  std::int64_t running_ = 0;  // those of them whose body has begun
  std::int64_t parked_ = 0;   // outputs waiting for bytes; each keeps a worker occupied. A leader's
                              // are its helpers' too
  bool ended_ = false;
  Idle idle_ = Idle::kStarved;
  std::uint64_t items_in_ = 0, finished_ = 0, errors_ = 0, skipped_ = 0;
  std::atomic<std::uint64_t> items_out_{0};

  // Times up to last_; integrals are mutable so that a snapshot is up to date.
  mutable std::int64_t last_ = 0, busy_ = 0, ready_ = 0, starved_ = 0, blocked_ = 0, limited_ = 0;
  std::int64_t sampled_cpu_ = 0, sampled_busy_ = 0;
  Histogram service_;
};

}  // namespace forebay::detail
