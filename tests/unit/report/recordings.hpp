#pragma once

// Recordings of runs that nobody made.

#include <string>

#include <forebay/graph/record/recording.hpp>

namespace forebay::test {

/// read, decode and save for 100 s at 50 images a second: limited by decode for 60 s, then by the
/// cores; then a validation of 10 s. The loss falls from 100 to 1.
inline Recording small_recording() {
  Recording made;
  made.starts = {{1000, "host7", 8, 2, "trainer", {"trainer", "--fast"}}};
  const RecordedNode read{"read", "source", {}, 1, 0, 0},
      decode{"decode", "transform", {"read"}, 2, 16, 0}, save{"save", "sink", {"decode"}, 1, 4, 0};
  made.graphs = {{"train", "images", {read, decode, save}},
                 {"validation", "images", {read, decode}}};
  made.devices = {{"cpu:0", 1000}};
  made.progress = {
      {{"epoch 1", "images", 5000, {"loss"}, false}, {"all", "images", 5000, {"epochs"}, false}},
      {{"validation", "images", 500, {"loss"}, true}}};
  const NodeStep source{50, 0, 1, 0, 0, 99}, full{50, 75, 90, 0, 0, 10},
      idle{50, 25, 10, 20, 70, 0};
  for (int i = 1; i <= 110; ++i) {
    RecordedStep step;
    const bool trains = i <= 100;
    step.time = 1000 + i;
    step.seconds = 1;
    step.graph = trains ? 0 : 1;
    step.ends = i == 100 || i == 110;
    step.samples = 50;
    step.nodes = trains ? std::vector{source, full, idle} : std::vector{source, full};
    step.host = {0.5, 0.1, 2e6, 0, 1.5};
    step.devices = {{80, 25, 50}};
    step.progress = trains ? 0 : 1;
    if (trains) {
      step.told = {{50.0 * i, 101.0 - i}, {50.0 * i, 90}};
    } else {
      step.told = {{50.0 * (i - 100), 7}};
    }
    made.steps.push_back(step);
  }
  made.steps[10].errors = {{1, 3}};
  made.changes = {{1040.0, 0, {"decode", "concurrency", 1, 2}}};
  const Bound decode_limits{Limit::kConcurrency, "decode"}, cores_limit{Limit::kCores};
  made.verdicts.push_back(
      {1060, 0, decode_limits, 50, 90, "decode limits the run.\nMore helps.\n"});
  made.verdicts.push_back({1100, 0, cores_limit, 50, 50, "the cores limit the run.\n"});
  return made;
}

}  // namespace forebay::test
