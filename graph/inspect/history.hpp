#pragma once

// What happened in the last ten minutes, for who comes to look later.

#include <cstddef>
#include <deque>
#include <list>
#include <optional>
#include <string>
#include <vector>

#include <forebay/graph/inspect/registry.hpp>
#include <forebay/graph/inspect/step.hpp>

namespace forebay::detail {

struct GraphStep {
  double time = 0;  // when it ended; seconds since 1970
  std::vector<NodeStep> nodes;
};

struct ProcessStep {
  double time = 0;
  HostUse host;
  std::vector<DeviceStep> devices;
};

/// The graphs of one name.
struct GraphHistory {
  Report last;                       // the newest
  std::deque<GraphStep> steps = {};  // the oldest first
};

/// Remembers steps of about a second. A graph of 14 nodes takes about 1 MB; of larger ones the
/// first `kMostStepNodes` are kept. Not for several threads.
class History {
 public:
  static constexpr double kSeconds = 600;
  static constexpr std::size_t kMostGraphs = 4;

  explicit History(Registry& registry) : registry_(registry) {}

  /// Adds a step; to be called about once a second. `now` is in seconds since 1970.
  void step(double now);

  /// By name; without one, the graph that was seen most. nullptr where there is none.
  const GraphHistory* find(const std::optional<std::string>& name) const;
  std::vector<std::string> names() const;
  const std::deque<ProcessStep>& process() const { return process_; }

  /// As `VerdictWatch::verdict`, of the newest report.
  std::optional<TimedVerdict> verdict(const GraphHistory& graph, double now) const {
    return registry_.verdicts().verdict(graph.last, now);
  }

 private:
  void step_process(double now);
  void step_graph(Report report, double now);
  GraphHistory& graph_of(const Report& report);

  Registry& registry_;
  std::list<GraphHistory> graphs_;  // the one seen last at the end
  std::deque<ProcessStep> process_;
  HostSample host_;
};

}  // namespace forebay::detail
