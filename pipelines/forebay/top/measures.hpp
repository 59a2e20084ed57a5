#pragma once

// The figures of a running graph that are shown per node: what happened between two reports.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <forebay/graph/inspect/report.hpp>

namespace forebay {

/// One node.
struct NodeMeasures {
  std::string name;
  std::vector<std::string> from, back_from;  // nodes that feed it; over edges that close a cycle
  bool source = false;
  double depth = 0;  // items in its fullest input, mean
  std::size_t capacity = 0, high_water = 0;
  std::size_t active = 0, concurrency = 0;
  double samples_per_second = 0;                         // samples whose items it has taken
  double busy = 0, ready = 0, starved = 0, blocked = 0;  // of its workers' time, 0 to 1
  double limited = 0;                                    // of the time
  double p50 = 0, p99 = 0;                               // seconds in the body
  std::uint64_t errors = 0, skipped = 0;                 // since the run began

  /// How full its fullest input is, 0 to 1.
  double fill() const { return capacity > 0 ? depth / static_cast<double>(capacity) : 0; }
};

/// A graph and the host it runs on.
struct Measures {
  double seconds = 0;               // between the reports
  std::vector<NodeMeasures> nodes;  // each after those that feed it
  double samples_per_second = 0;    // of the whole graph, as its end sees it
  HostUse host;
};

/// What happened between two reports of one run.
Measures measure(const Report& earlier, const Report& later);

}  // namespace forebay
