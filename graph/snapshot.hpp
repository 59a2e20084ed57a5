#pragma once

// What a graph has done so far, as plain values.

#include <array>
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

#include <forebay/graph/histogram.hpp>
#include <forebay/graph/settings.hpp>

namespace forebay {

/// One input queue. Depth near capacity: the node cannot keep up. Depth near 0: it is starved.
struct QueueSnapshot {
  std::string from;       // node that fills it
  std::size_t depth = 0;  // items waiting now
  std::size_t capacity = 0;
  std::size_t first = 0;           // items a feedback edge began with; 0 for a plain edge
  std::size_t high_water = 0;      // largest depth so far
  std::size_t bytes = 0;           // waiting now, as `byte_size(item)` says
  std::size_t capacity_bytes = 0;  // 0: not limited
  std::size_t high_water_bytes = 0;
  std::int64_t depth_time = 0;  // integral of depth over time, in item nanoseconds
  /// Time spent at each fill level: [0] empty, [1..8] up to 1/8, 2/8 ... 8/8 of capacity; ns.
  std::array<std::int64_t, 9> level_time{};
};

/// One node. Worker times add up: busy + ready + starved + blocked = concurrency x metered, while
/// the limit does not change.
struct NodeSnapshot {
  std::string name;
  std::string kind;   // "source", "transform", ...
  std::string helps;  // the node whose queue it takes from and whose output it sends to; that queue
                      // is among the inputs of both. Empty: it has its own
  std::vector<QueueSnapshot> inputs;
  std::vector<std::string> outputs;  // names of the nodes it feeds
  std::size_t concurrency = 0;
  std::size_t per_item = 1;  // places that one item needs at once in each queue it feeds
  Order order = Order::kAny;
  bool serial = false;     // works on one item at a time by its nature
  bool fixed = false;      // concurrency and order cannot be changed
  std::size_t active = 0;  // items in the body, or ready for it, now
  bool own_threads = false;
  bool ended = false;  // all input seen and everything passed on

  std::uint64_t items_in = 0;
  std::uint64_t items_out = 0;
  std::uint64_t errors = 0;   // bodies that threw
  std::uint64_t skipped = 0;  // items dropped after an error

  std::int64_t metered = 0;  // nanoseconds that the times below cover: from the run's begin to now,
                             // or to the end of the node
  std::int64_t busy = 0;     // worker nanoseconds in the body
  std::int64_t ready = 0;  // worker nanoseconds with an item, waiting for a free thread: the cores
                           // are short
  std::int64_t starved = 0;  // worker nanoseconds idle because the input was empty
  std::int64_t blocked = 0;  // worker nanoseconds idle because an output was full
  std::int64_t limited = 0;  // nanoseconds in which items waited and every worker was busy
  std::int64_t cpu = 0;      // CPU nanoseconds of bodies, estimated from samples; the rest of
                             // `busy` was spent waiting (I/O, or for a core)
  Histogram service;         // time in the body per item
};

/// The whole graph at one moment.
struct GraphSnapshot {
  std::string name;
  std::int64_t time = 0;            // steady clock, nanoseconds
  std::int64_t elapsed = 0;         // nanoseconds since the run began
  std::size_t threads = 0;          // of the pool that its nodes share
  std::vector<NodeSnapshot> nodes;  // in the order they were declared

  /// Throws `Error` when there is no node of that name.
  const NodeSnapshot& node(const std::string& name) const;
};

/// What happened between two snapshots of one graph: counters, times and histograms are
/// differences, levels (depth, active, ...) are those of `later`.
GraphSnapshot operator-(GraphSnapshot later, const GraphSnapshot& earlier);

/// Adds the counters, times and histograms of another run of the same graph, node by node of the
/// same name; levels become those of `other`.
GraphSnapshot& operator+=(GraphSnapshot& sum, const GraphSnapshot& other);

/// The table of nodes: queue, workers, busy, ready, starved, blocked, items/s, service times.
std::ostream& operator<<(std::ostream& out, const GraphSnapshot& snapshot);

}  // namespace forebay
