#pragma once

// Looks now and then what limits the graphs that run in this process.

#include <cstddef>
#include <deque>
#include <list>
#include <mutex>
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

/// Seconds to wait until the next verdict, after one on `report` that took `cost` seconds of a
/// processor: so many that a thousandth of the host's processors pays for it.
double verdict_rest(double cost, const Report& report);

/// Seconds that this thread has computed. By the clock a verdict costs more where cores are short.
double thread_cpu_seconds();

/// One for all that look at a process. A verdict is of the last half minute or so of a run. Finding
/// it takes some ten milliseconds per node; it is looked for again when it is ten seconds old, or
/// after `verdict_rest`. For any thread; none waits for another that looks.
class VerdictWatch {
 public:
  static constexpr std::size_t kMostGraphs = 4;  // those seen last

  /// Keeps `report`, if it is far enough from the one before. To be called about once a second.
  void add(const Report& report);

  /// The newest verdict, which may be found now. `last` is the report that was added last, `now` is
  /// in seconds since 1970. None while the run is too short, or where the graph is too large.
  std::optional<TimedVerdict> verdict(const Report& last, double now);

  // Held over a fork, as the registry.
  void lock() { mutex_.lock(); }
  void unlock() { mutex_.unlock(); }
  void forget() { graphs_.clear(); }

 private:
  struct Watched {
    std::string graph;              // its name, and those of its nodes
    std::deque<Report> marks = {};  // of one run, some seconds apart
    std::optional<TimedVerdict> verdict = {};
    bool looking = false;  // some thread looks for the next one
  };
  Watched& watched(const Report& report);
  bool is_due(const Watched& graph, const Report& last, double now) const;

  std::mutex mutex_;
  std::list<Watched> graphs_;  // the one seen last at the end
};

}  // namespace forebay::detail
