#pragma once

// What an inspector is told about a process and the graphs in it.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <forebay/graph/inspect/facts.hpp>
#include <forebay/graph/inspect/host.hpp>
#include <forebay/graph/snapshot.hpp>
#include <forebay/graph/trace.hpp>

namespace forebay {

/// A process that runs graphs.
struct ProcessFacts {
  std::int64_t pid = 0;
  std::string program;               // file name, without its folder
  std::vector<std::string> command;  // as it was started
};

/// One run of one graph.
struct RunFacts {
  std::string name;
  std::uint64_t number = 0;  // tells the runs of a process apart; later ones have larger numbers
  bool running = false;      // false: the last one that ended
  double since = 0;          // when it began; seconds since 1970
};

/// A process with its runs, those that go on first in the order they began.
struct ProcessRuns {
  ProcessFacts process;
  std::vector<RunFacts> runs;
};

/// Everything at one moment: the difference of two says what happens.
struct Report {
  ProcessFacts process;
  RunFacts run;
  GraphSnapshot graph;
  NodeRoles roles;
  std::vector<DeviceFacts> devices;
  std::vector<ProgressFacts> progress;
  HostSample host;
};

/// A piece of the timeline of one run.
struct TraceReport {
  ProcessFacts process;
  RunFacts run;
  Trace trace;
};

// As JSON; docs/inspect.md describes it. What is unknown is ignored, what is missing stays as it
// was made, so programs of different versions understand each other. Reading throws `Error` on text
// that is no such JSON.
std::string to_json(const GraphSnapshot& snapshot);
std::string to_json(const ProcessRuns& runs);
std::string to_json(const Report& report);
std::string to_json(const TraceReport& report);
GraphSnapshot snapshot_from_json(std::string_view json);
ProcessRuns runs_from_json(std::string_view json);
Report report_from_json(std::string_view json);
TraceReport trace_from_json(std::string_view json);

}  // namespace forebay
