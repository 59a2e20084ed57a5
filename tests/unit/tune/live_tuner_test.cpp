// The tuner on graphs that run.

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <thread>

#include <forebay/graph/tune/live_tuner.hpp>

namespace forebay {
namespace {

/// Numbers until `stop`, each worked on for 2 ms by as many threads as may be.
struct Running {
  explicit Running(std::size_t workers) {
    const auto numbers = graph.source("numbers", [this]() -> std::optional<int> {
      return stop() ? std::nullopt : std::optional(++made);
    });
    const auto work =
        graph.transform("work", {.concurrency = workers, .run_on = RunOn::kOwnThreads}, [](int i) {
          std::this_thread::sleep_for(std::chrono::milliseconds(2));
          return i;
        });
    numbers >> work >> graph.sink("end", {.fixed = true}, [](int) {});
  }

  std::function<bool()> stop = [] { return false; };
  int made = 0;
  Graph graph{"running"};
};

LiveTunerOptions quick() {
  LiveTunerOptions options;
  options.window = {.settle = 0.05, .seconds = 0.1};
  options.interval = 0.002;
  return options;
}

TEST(LiveTuner, TunesARunningGraphAndTheNextOne) {
  LiveTuner tuner(
      {.machine = {.cores = 4}, .nodes = {"work"}}, [](const std::string&) {}, quick());
  {
    Running first(1);
    first.stop = [&] { return tuner.report().settled || first.made > 100'000; };
    const Tuning tuning(&tuner, first.graph);
    first.graph.run();
  }
  const TuneReport report = tuner.report();
  ASSERT_TRUE(report.settled);
  ASSERT_FALSE(report.trials.empty());
  ASSERT_FALSE(report.changes.empty());
  EXPECT_EQ(report.changes[0].from, 1u);
  EXPECT_GT(report.changes[0].to, 2u);
  EXPECT_GT(report.seconds, 0);

  Running second(1);
  tuner.apply(second.graph);
  EXPECT_EQ(second.graph.settings("work").concurrency, report.changes[0].to);
}

TEST(LiveTuner, IsGoneAtOnceWhenARunEnds) {
  LiveTuner tuner(
      {.machine = {.cores = 4}}, [](const std::string&) {}, quick());
  for (int run = 0; run < 20; ++run) {
    Running running(1);
    running.stop = [&] { return running.made >= 20; };
    const Tuning tuning(&tuner, running.graph);
    running.graph.run();
  }
}

}  // namespace
}  // namespace forebay
