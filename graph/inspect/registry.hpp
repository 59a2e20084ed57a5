#pragma once

// The graphs that run in this process, and what the program publishes: all that inspectors may ask.

#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <forebay/graph/inspect/nvml.hpp>
#include <forebay/graph/inspect/report.hpp>
#include <forebay/graph/inspect/verdict_watch.hpp>

namespace forebay::detail {

/// What the registry needs of a graph. Called on any thread, while the graph is registered.
struct Inspected {
  std::string name;
  std::function<GraphSnapshot()> snapshot;
  std::function<void(std::string_view path, std::string_view value)> set;      // throws `Error`
  std::function<Trace(const std::string& holder, double seconds)> trace = {};  // throws `Error`
};

/// All runs of the graphs of one name. What it counts only rises, from run to run.
struct GraphTotals {
  std::string name;
  std::uint64_t runs = 0;            // begun so far
  std::size_t running = 0;           // that go on
  GraphSnapshot sum;                 // counters and times of all of them
  std::optional<GraphSnapshot> now;  // the longest running one
};

/// Everything here is for any thread. One lock, held while a function of `Inspected` or a published
/// one runs: they take microseconds, and none is called once its owner has left.
class Registry {
 public:
  /// `nvml` is the library that tells of GPUs.
  explicit Registry(std::string nvml = Nvml::kLibrary) : nvml_(std::move(nvml)) {}

  /// Returns the number of the run.
  std::uint64_t enter(Inspected graph);
  /// Keeps its last snapshot, until another run ends. Does not throw.
  void leave(std::uint64_t run) noexcept;

  Publication publish_devices(std::function<std::vector<DeviceFacts>()> devices);
  Publication publish_progress(std::function<ProgressFacts()> progress);
  Publication publish_roles(NodeRoles roles);

  /// From now on `ended` is told of each run that ends: what `report` would have said last, without
  /// process and host. It is called on the run's thread, under the lock.
  Publication watch_ends(std::function<void(const Report&)> ended);

  ProcessRuns runs() const;

  /// Of the graph of that name; the longest running one where several have it, or where none is
  /// named; the one that ran last when none runs. Throws `Error` naming those that there are.
  Report report(const std::optional<std::string>& graph = std::nullopt) const;

  /// What a report tells beside a graph.
  Report process_report() const;

  /// By name. Of more than `kMostNames` names, the sums of those that ended first are forgotten.
  std::vector<GraphTotals> totals() const;
  static constexpr std::size_t kMostNames = 32;

  /// Throws `Error` where there is no such graph, it has ended, or it refuses.
  void set(const std::optional<std::string>& graph, std::string_view path, std::string_view value);

  /// As `Graph::trace`. Throws `Error` where there is no such graph, it has ended, or it refuses.
  TraceReport trace(const std::optional<std::string>& graph, const std::string& holder,
                    double seconds);

  /// What limits the graphs: for all that tell it, so that each verdict is found once.
  VerdictWatch& verdicts() { return verdicts_; }

  // Held over a fork, so that the child gets it in order; there, the parent's graphs do not run.
  void lock() { mutex_.lock(), nvml_.lock(), verdicts_.lock(); }
  void unlock() { nvml_.unlock(), verdicts_.unlock(), mutex_.unlock(); }
  void forget() { runs_.clear(), last_.reset(), ended_.clear(), verdicts_.forget(); }

 private:
  struct Run {
    RunFacts facts;
    Inspected graph;
  };
  template <typename What>
  struct Published {
    std::uint64_t number;
    What what;
  };
  template <typename What>
  using AllPublished = std::list<Published<What>>;
  template <typename What>
  Publication publish(AllPublished<What>& all, What what);

  const Run* find(const std::optional<std::string>& graph) const;
  [[noreturn]] void refuse(const std::optional<std::string>& graph) const;
  void tell_facts(Report& report) const;
  void tell_host(Report& report) const;
  void add_to_totals(const GraphSnapshot& last);
  void tell_of_end(Report last) const;

  mutable Nvml nvml_;  // asked without the lock: it may take long
  mutable std::mutex mutex_;
  std::uint64_t last_number_ = 0;
  std::list<Run> runs_;           // in the order they began
  std::optional<Report> last_;    // of the run that ended last: its facts and its snapshot
  std::list<GraphTotals> ended_;  // the name that ended last at the end
  AllPublished<std::function<std::vector<DeviceFacts>()>> devices_;
  AllPublished<std::function<ProgressFacts()>> progress_;
  AllPublished<NodeRoles> roles_;
  AllPublished<std::function<void(const Report&)>> ends_;
  VerdictWatch verdicts_;  // has a lock of its own: nothing here waits for it
};

/// That of this process. Never destroyed: graphs may still run while the process ends.
Registry& process_registry();

}  // namespace forebay::detail
