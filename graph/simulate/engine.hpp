#pragma once

// The events of a simulated run: nodes start items as their queues allow, threads and cores work on
// them.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <queue>
#include <utility>
#include <vector>

#include <forebay/graph/simulate/model.hpp>
#include <forebay/graph/simulate/processors.hpp>
#include <forebay/graph/simulate/simulate.hpp>
#include <forebay/graph/simulate/window.hpp>
#include <forebay/graph/snapshot.hpp>

namespace forebay::detail {

/// A run of a model in simulated time, which lives no longer than the model. One thread.
class Engine {
 public:
  /// Throws `Error` when the model has no cores.
  Engine(const Model& model, const SimulateOptions& options);

  /// Goes on until node `node` has finished `count` items. False when nothing can move any more.
  bool run_until(std::size_t node, std::uint64_t count);
  double now() const { return now_; }  // nanoseconds since the run began
  GraphSnapshot snapshot();

 private:
  enum class Idle : std::uint8_t { kNo, kStarved, kBlocked };

  // One item being worked on; its time in the body has `parts`, one per output it sends.
  struct Flight {
    std::size_t node = 0;
    std::uint64_t position = 0;
    std::size_t part = 0, parts = 1;
    double waits = 0, computes = 0;  // in all of them; nanoseconds
    double begin = 0;
  };

  // What a node does now, and its meters.
  struct State {
    const ModelNode* model = nullptr;
    std::size_t rank = 0;                      // place from the sources on
    std::size_t leader = 0;                    // itself, or the node that it helps
    std::vector<std::size_t> helpers;          // of a leader
    std::vector<std::size_t> inputs, outputs;  // windows; a helper's are its leader's
    std::size_t active = 0, running = 0;
    std::size_t parked = 0;  // done, but an output has no bytes for them; a leader's are all's
    Idle idle = Idle::kStarved;
    std::uint64_t next_in = 0, next_out = 0;  // of nodes that number their items anew
    std::size_t to_spread = 0;                // items of the last one that have no room yet
    double spread_owed = 0, collected = 0;
    bool queued = false;  // waits to be looked at
    double last = 0, busy = 0, ready = 0, starved = 0, blocked = 0, limited = 0, cpu = 0;
    std::uint64_t items_in = 0, items_out = 0, finished = 0;
    Histogram service;

    bool renumbers() const {
      return model->passing == Passing::kCollect || model->passing == Passing::kSpread ||
             model->passing == Passing::kSource;
    }
  };

  // What a node finds when it may start an item.
  struct Found {
    enum class What : std::uint8_t { kNothing, kItem, kHole } what = What::kNothing;
    std::uint64_t position = 0;
  };

  struct Wait {
    double at;
    std::uint64_t order;
    std::size_t flight;
    bool operator>(const Wait& other) const {
      return std::pair(at, order) > std::pair(other.at, other.order);
    }
  };

  struct ForPool {
    std::size_t rank;
    std::uint64_t order;
    std::size_t flight;
    // The furthest downstream first, then whichever came first.
    bool operator<(const ForPool& other) const {
      return rank != other.rank ? rank < other.rank : order > other.order;
    }
  };

  // Events.
  bool step();
  void settle();
  void look_at(std::size_t node);
  void look_at_all(std::size_t leader);

  // A node's choice.
  Found at_head(std::size_t window, std::uint64_t position) const;
  Found find(const State& node);
  Found find_joined(const State& node) const;
  std::uint64_t first_place(const State& node, std::uint64_t position) const;
  std::uint64_t last_place(const State& node, std::uint64_t position) const;
  bool admitted(const State& node, std::uint64_t place) const;
  std::size_t parked(const State& node) const { return nodes_[node.leader].parked; }
  std::size_t idle_workers(const State& node) const;
  bool has_worker(const State& node, const Found& found) const;
  void start_items(std::size_t index);
  void take(State& node, std::uint64_t position, bool hole);

  // An item's life.
  void launch(std::size_t index, std::uint64_t position);
  void begin_body(std::size_t id);
  void begin_part(std::size_t id);
  void compute(std::size_t id);
  double share_of_part(const Flight& flight) const;
  void part_done(std::size_t id);
  void finish(const Flight& flight, State& node);
  void pass_on(const Flight& flight, State& node);
  bool dropped(const State& node, const Flight& flight) const;
  void spread(State& node);
  void send(State& node, std::uint64_t position, bool hole);
  void send_holes(State& node, std::uint64_t position, std::size_t from);
  std::size_t new_flight();

  // Meters.
  void account(State& node);
  NodeSnapshot snapshot_of(const State& node) const;

  const Model& model_;
  const std::uint64_t seed_;
  const bool meters_;
  double now_ = 0;
  std::uint64_t order_ = 0;
  Processors cores_;
  std::size_t free_threads_ = 1;
  std::vector<State> nodes_;
  std::vector<Window> windows_;
  std::vector<Flight> flights_;
  std::vector<std::size_t> free_flights_, to_look_at_;
  std::priority_queue<Wait, std::vector<Wait>, std::greater<>> waits_;
  std::priority_queue<ForPool> for_pool_;
};

}  // namespace forebay::detail
