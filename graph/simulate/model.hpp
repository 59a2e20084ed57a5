#pragma once

// A running graph reduced to numbers: what is needed to say how fast it would run otherwise.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <forebay/graph/simulate/service_times.hpp>
#include <forebay/graph/snapshot.hpp>

namespace forebay {

/// What of the machine a graph runs with, and what its nodes stand for. Names that the graph does
/// not have are ignored.
struct Machine {
  double cores = 1;         // that the process may use, more than 0
  std::size_t threads = 0;  // of the graph's pool (`GraphOptions::threads`); 0 for one per core
  std::vector<std::string> devices = {};  // nodes whose body is a device's work, replica by replica
  std::vector<std::string> all_reduce = {};  // nodes that add up what the devices give
};

/// How items pass through a node.
enum class Passing : std::uint8_t {
  kSource,   // makes items
  kEach,     // one for one, or none where an item is dropped: transform, filter, broadcast, sink
  kCollect,  // one for many: batch
  kSpread,   // many for one, one after another as room appears: expand of a range
  kEmit,     // many for one, all of whose places are needed at once, sent along the body
  kJoin,     // one for one of each input
};

/// One input queue.
struct ModelQueue {
  std::size_t from = 0;  // index of the node that fills it
  std::size_t capacity = 1;
  std::size_t first = 0;           // items a feedback edge begins with; 0 for a plain edge
  std::size_t capacity_bytes = 0;  // 0: not limited
  double item_bytes = 0;           // mean, where that is known
  /// Places there are in effect.
  std::size_t places() const;
};

/// One node.
struct ModelNode {
  std::string name;
  std::string kind;  // as in its snapshot
  Passing passing = Passing::kEach;
  std::size_t concurrency = 1;
  bool serial = false;  // works on one item at a time by its nature
  bool fixed = false;   // its concurrency is not to be changed
  bool in_order = false;
  bool own_threads = false;
  ServiceTimes service;       // by the clock, of one item in the body
  double cpu_share = 1;       // of that time on a core
  double per_item = 1;        // items out per item in: a batch of 8 has 1/8
  std::size_t places = 1;     // that an item needs at once in each queue it feeds
  std::vector<double> sends;  // kEmit: when each item is sent, rising from 0 to 1, the body's end;
                              // empty: evenly
  std::vector<ModelQueue> inputs;
  std::optional<std::size_t> helps;  // index of the node whose queue and output it shares; then it
                                     // has no inputs of its own
  double share = 1;  // of the items of a queue that several nodes take from, those it takes

  /// Whether `NodeSettings::concurrency` may be something else.
  bool adjustable() const { return !serial && !fixed; }
};

/// A graph as numbers. A plain value: change it and simulate what would happen.
struct Model {
  std::string name;
  std::vector<ModelNode> nodes;  // in the order they were declared
  double cores = 1;
  std::size_t threads = 1;  // of the pool

  /// Index of the node of that name; throws `Error` when there is none.
  std::size_t index(std::string_view node) const;
  ModelNode& node(std::string_view wanted) { return nodes[index(wanted)]; }
  const ModelNode& node(std::string_view wanted) const { return nodes[index(wanted)]; }

  /// The first source that was declared. Its items are the graph's samples.
  std::size_t main_source() const;
  /// Node `i` and those that help it, in the order in which they take items.
  std::vector<std::size_t> crew(std::size_t i) const;
  /// Items that go into each node per sample.
  std::vector<double> visits() const;
  /// Nodes from the sources on, each after all that feed it over plain edges; helpers next to whom
  /// they help.
  std::vector<std::size_t> downstream_order() const;
};

/// The graph that `difference` was measured on: service times, shares and visits as measured there.
/// `difference` is of two snapshots of one run. Throws `Error` when it is not a whole graph.
Model model_of(const GraphSnapshot& difference, const Machine& machine);

}  // namespace forebay
