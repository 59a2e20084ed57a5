#pragma once

// Looks now and then what limits a graph that runs in this process.

#include <deque>
#include <optional>
#include <string>

#include <forebay/graph/inspect/verdict.hpp>

namespace forebay::detail {

/// A verdict and what it took.
struct TimedVerdict {
  double time = 0;  // when it was found; seconds since 1970
  double cost = 0;  // seconds of a processor that finding it took
  Verdict verdict;
  std::string text;
};

/// Of the graphs of one name. A verdict is of the last half minute or so of a run. Finding it takes
/// some ten milliseconds per node; it is looked for again when it is ten seconds old, and as rarely
/// as keeps the cost under a share of a core. Not for several threads.
class VerdictWatch {
 public:
  /// `share`: 0.01 is a hundredth of a core.
  explicit VerdictWatch(double share) : share_(share) {}

  /// Keeps `report`, if it is far enough from the one before. To be called about once a second.
  void add(const Report& report);

  /// The newest verdict, which may be found now. `last` is the report that was added last, `now` is
  /// in seconds since 1970. None while the run is too short, or where the graph is too large.
  const std::optional<TimedVerdict>& verdict(const Report& last, double now);

 private:
  bool is_fresh(double now) const;

  double share_;
  std::deque<Report> marks_;  // of one run, some seconds apart
  std::optional<TimedVerdict> verdict_;
};

}  // namespace forebay::detail
