#pragma once

// What reports, one after another, add to a recording.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <forebay/graph/inspect/report.hpp>
#include <forebay/graph/inspect/verdict_watch.hpp>
#include <forebay/graph/record/recording.hpp>

namespace forebay::detail {

/// Of one start of the program. Times are in seconds since 1970. Not for several threads.
class RunLines {
 public:
  /// `verdicts` outlives it.
  explicit RunLines(VerdictWatch& verdicts) : verdicts_(&verdicts) {}

  /// The first line. What is recorded is what happens after `report`, which is as for `step`.
  std::string start(const Report& report, double now);

  /// The lines of what has happened since the last step. `report` is of the graph that runs, or
  /// that has just ended, or of the process alone. To be called about once a second; now and then
  /// it looks for what limits the graph, which takes some ten milliseconds per node.
  std::string step(const Report& report, double now);

 private:
  void tell_devices(const Report& report, RecordedStep& step, std::string& lines);
  void tell_progress(const Report& report, RecordedStep& step, std::string& lines);
  void tell_graph(const Report& report, RecordedStep& step, std::string& lines);
  void tell_verdict(const Report& report, const RecordedStep& step, std::string& lines);
  bool is_news(const Report& report) const;
  bool goes_on(const Report& report) const;
  std::size_t graph_of(const Report& report, double now, std::string& lines);
  double samples_done(const Report& report) const;

  double last_time_ = 0;
  HostSample host_;
  std::vector<RecordedDevice> devices_;
  std::vector<RecordedProgress> progress_;
  std::optional<std::size_t> progress_number_;
  std::vector<RecordedGraph> graphs_;
  VerdictWatch* verdicts_;
  std::vector<double> told_;    // when the last verdict on each of them was found
  std::optional<Report> last_;  // of a run
};

}  // namespace forebay::detail
