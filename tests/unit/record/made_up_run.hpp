#pragma once

// Reports of a run that nobody ran, second by second.

#include <cstdint>
#include <string>
#include <vector>

#include <forebay/graph/inspect/report.hpp>
#include <forebay/graph/record/run_lines.hpp>

#include "../inspect/snapshots.hpp"

namespace forebay::test {

constexpr std::int64_t kSecond = 1'000'000'000;

/// A process that reads and saves a hundred items a second; save is busy a quarter of the time, and
/// blocked otherwise, with a queue that is a quarter full.
struct MadeUpRun {
  Report report = [] {
    Report made;
    made.process = {12, "trainer", {"trainer", "--fast"}};
    made.run = {"g", 1, true, 1000};
    made.roles.samples = "images";
    made.graph = graph_of("g", {node_of("read"), node_of("save", {queue_from("read", 4, 16)})});
    made.graph.time = 5'000 * kSecond;
    made.devices = {{"cpu:0", 0.5, 250, 1000, 99.5}};
    made.progress = {{"epoch 1 of 2", 0, 1000, "images", {{"loss", 2.5}}}};
    made.host.time = kSecond;
    made.host.cpus = 8;
    made.host.cpus_usable = 2;
    return made;
  }();

  void pass(std::int64_t seconds) {
    report.graph.time += seconds * kSecond;
    report.graph.elapsed += seconds * kSecond;
    for (NodeSnapshot& node : report.graph.nodes) {
      node.items_in += static_cast<std::uint64_t>(100 * seconds);
      node.items_out = node.items_in;
      node.busy += seconds * kSecond;
      node.blocked += 3 * seconds * kSecond;
    }
    report.graph.nodes[1].inputs[0].depth_time += 4 * seconds * kSecond;
    report.progress[0].done += static_cast<double>(100 * seconds);
    report.host.time += seconds * kSecond;
    report.host.cpu_total += 200 * seconds;
    report.host.cpu_idle += 50 * seconds;
    report.host.disk_read += static_cast<std::uint64_t>(3'000'000 * seconds);
  }
  void end() { report.run.running = false; }
  /// The next run of a graph of the same shape.
  void next(const std::string& label) {
    report.run = {"g", report.run.number + 1, true, 0};
    report.graph = graph_of("g", {node_of("read"), node_of("save", {queue_from("read", 4, 16)})});
    report.graph.time = 9'000 * kSecond + static_cast<std::int64_t>(report.run.number) * kSecond;
    report.progress[0].label = label;
    report.progress[0].done = 0;
  }
  /// What the process tells while no graph runs.
  Report idle() const {
    Report process = report;
    process.run = {};
    process.graph = {};
    return process;
  }
};

/// The lines of a run of `seconds` that ended.
inline std::string lines_of_run(int seconds) {
  detail::VerdictWatch verdicts;
  detail::RunLines lines(verdicts);
  MadeUpRun run;
  std::string text = lines.start(run.idle(), 1000);
  for (int i = 1; i <= seconds; ++i) {
    run.pass(1);
    if (i == seconds) run.end();
    text += lines.step(run.report, 1000 + i);
  }
  return text;
}

}  // namespace forebay::test
