#pragma once

// When enough of a run has been seen to judge it: the stretches between changes of its settings.

#include <cstddef>
#include <cstdint>
#include <optional>

#include <forebay/graph/snapshot.hpp>

namespace forebay {

/// How much is enough. Ends are items that have come to the end of the graph.
struct TuneWindowOptions {
  double settle = 0.3;            // seconds after a change that are not counted
  double seconds = 1;             // to count at least,
  std::uint64_t ends = 10;        // with so many ends;
  double long_seconds = 2.5;      // after as many seconds
  std::uint64_t few_ends = 2;     // these are enough
  std::uint64_t settle_ends = 1;  // ends after a change that are not counted
};

/// Cuts one window after the other out of the snapshots of a run, none of them across a change of
/// settings. Windows begin and end when an item comes to the end of the graph, so that few items in
/// a window give its rate exactly; so look often. Without a clock: time is that of the snapshots.
/// For one thread at a time.
class TuneWindow {
 public:
  explicit TuneWindow(TuneWindowOptions options = {}) : options_(options) {}

  /// What happened in the window that ends with `now`, if one does. The next one begins there.
  std::optional<GraphSnapshot> add(const GraphSnapshot& now);

  /// Another run of the graph begins.
  void restart() { since_.reset(), begin_.reset(), last_ends_.reset(); }

 private:
  TuneWindowOptions options_;
  std::optional<GraphSnapshot> since_;  // the first after the last change
  std::optional<GraphSnapshot> begin_;  // of the window
  std::optional<std::uint64_t> last_ends_;
};

/// The node at the end of the graph that most items have come to; what leaves there has been
/// through all of it. Throws `Error` where there is none.
std::size_t last_node(const GraphSnapshot& graph);

/// Whether all nodes have the same concurrency, and all queues the same capacities, in both.
bool same_settings(const GraphSnapshot& a, const GraphSnapshot& b);

}  // namespace forebay
