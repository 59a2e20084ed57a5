#pragma once

// What happened in the last ten minutes, for who comes to look later.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <optional>
#include <string>
#include <vector>

#include <forebay/graph/inspect/registry.hpp>
#include <forebay/graph/inspect/verdict.hpp>

namespace forebay::detail {

/// What a node did in one step. Shares are of its workers' time, percent.
struct NodeStep {
  float items_per_second = 0;  // that it sent
  std::uint8_t fill = 0;       // of its fullest queue, mean over the step, percent
  std::uint8_t busy = 0, ready = 0, starved = 0, blocked = 0;
};

struct GraphStep {
  double time = 0;              // when it ended; seconds since 1970
  std::vector<NodeStep> nodes;  // the first `History::kMostNodes` of the graph
};

struct DeviceStep {
  std::uint8_t busy = 0, memory = 0;  // percent
  float samples_per_second = 0;
};

struct ProcessStep {
  double time = 0;
  HostUse host;
  std::vector<DeviceStep> devices;
};

/// A verdict and what it took.
struct TimedVerdict {
  double time = 0;  // when it was found; seconds since 1970
  double cost = 0;  // seconds that finding it took
  Verdict verdict;
  std::string text;
};

/// The graphs of one name.
struct GraphHistory {
  Report last;                  // the newest
  std::deque<GraphStep> steps;  // the oldest first
  std::deque<Report> marks;     // of the run, some seconds apart
  std::optional<TimedVerdict> verdict;
};

/// Remembers steps of about a second. A graph of 14 nodes takes about 1 MB; of larger ones the
/// first `kMostNodes` are kept. Not for several threads.
class History {
 public:
  static constexpr double kSeconds = 600;
  static constexpr std::size_t kMostNodes = 128, kMostDevices = 64, kMostGraphs = 4;

  explicit History(const Registry& registry) : registry_(registry) {}

  /// Adds a step; to be called about once a second. `now` is in seconds since 1970.
  void step(double now);

  /// By name; without one, the graph that was seen most. nullptr where there is none.
  GraphHistory* find(const std::optional<std::string>& name);
  std::vector<std::string> names() const;
  const std::deque<ProcessStep>& process() const { return process_; }

  /// What limits the graph, from its last half minute or so. Finding it takes some ten milliseconds
  /// per node; it is looked at again when it is ten seconds old, and as rarely as keeps the cost
  /// under a hundredth of a core.
  static const std::optional<TimedVerdict>& verdict(GraphHistory& graph, double now);

 private:
  void step_process(double now);
  void step_graph(Report report, double now);
  GraphHistory& graph_of(const Report& report);

  const Registry& registry_;
  std::list<GraphHistory> graphs_;  // the one seen last at the end
  std::deque<ProcessStep> process_;
  HostSample host_;
};

}  // namespace forebay::detail
