// Real graphs of this process, recorded.

#include <forebay/graph/record/recorder.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <forebay/graph/graph.hpp>
#include <forebay/graph/inspect/facts.hpp>
#include <forebay/graph/record/recording.hpp>
#include <support/error_of.hpp>
#include <support/temporary_folder.hpp>

#include "file_size_limit.hpp"

namespace forebay {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

class RecorderTest : public testing::Test {
 protected:
  RecorderTest() { setenv("FOREBAY_INSPECT", "0", 1); }

  // A graph that passes on `items` and tells what is done.
  void run(const std::string& name, int items) {
    done_ = 0;
    const Publication progress = publish_progress([this, name, items] {
      return ProgressFacts{name,
                           static_cast<double>(done_),
                           static_cast<double>(items),
                           "items",
                           {{"figure", 0.5 * done_}}};
    });
    Graph graph(name);
    const auto count = graph.source("count", [n = 0, items]() mutable {
      return n < items ? std::optional(n++) : std::nullopt;
    });
    count >> graph.sink("sum", [this](int) { ++done_; });
    graph.run();
  }
  Recording recording() const { return read_recording(path_); }

  std::atomic<int> done_ = 0;
  test::TemporaryFolder folder_;
  const std::string path_ = folder_ / "run.frb";
};

TEST_F(RecorderTest, KeepsTheEndOfEveryRunHoweverShort) {
  {
    const Recorder recorder({path_});
    for (int i = 1; i <= 5; ++i) run("short", 100 * i);
    run("other", 7);
  }
  const Recording all = recording();
  ASSERT_EQ(all.graphs.size(), 2u);
  std::vector<double> figures;
  double samples = 0;
  for (const RecordedStep& step : all.steps) {
    samples += step.samples;
    if (step.ends) figures.push_back(step.told.at(0).at(1));
  }
  EXPECT_THAT(figures, ElementsAre(50, 100, 150, 200, 250, 3.5));
  EXPECT_EQ(samples, 1507);
}

TEST_F(RecorderTest, KeepsEverySecondOfALongRun) {
  using std::chrono::milliseconds;
  {
    const Recorder recorder({path_});
    Graph graph("long");
    const auto tick = graph.source("tick", {.run_on = RunOn::kOwnThreads}, [n = 0]() mutable {
      std::this_thread::sleep_for(milliseconds(5));
      return n < 500 ? std::optional(n++) : std::nullopt;
    });
    tick >> graph.sink("sum", [](int) {});
    graph.run();
  }
  double samples = 0, seconds = 0;
  const Recording all = recording();
  std::size_t steps = 0;
  for (const RecordedStep& step : all.steps) {
    if (!step.graph) continue;
    ++steps;
    samples += step.samples;
    seconds += step.seconds;
  }
  EXPECT_EQ(samples, 500);
  EXPECT_GE(seconds, 2.5);
  EXPECT_GE(steps, 3u);
  EXPECT_EQ(all.graphs.at(0).nodes.at(1).inputs, std::vector<std::string>{"tick"});
}

TEST_F(RecorderTest, ContinuesARecording) {
  {
    const Recorder recorder({path_});
    run("g", 10);
  }
  EXPECT_NE(test::error_of([this] { const Recorder recorder({path_}); }), "");
  {
    const Recorder recorder({path_, Existing::kContinue});
    run("g", 20);
  }
  const Recording all = recording();
  EXPECT_THAT(all.starts, SizeIs(2));
  EXPECT_THAT(all.graphs, SizeIs(1));
}

TEST_F(RecorderTest, WarnsOnceOfAFullDiskAndGoesOnWhenThereIsRoom) {
  std::mutex mutex;
  std::condition_variable told;
  std::vector<std::string> warnings;
  {
    const Recorder recorder({path_, Existing::kRefuse, [&](const std::string& why) {
                               const std::lock_guard lock(mutex);
                               warnings.push_back(why);
                               told.notify_one();
                             }});
    {
      const test::FileSizeLimit limit(100);
      run("lost", 10);
      std::unique_lock lock(mutex);
      told.wait(lock, [&] { return !warnings.empty(); });
    }
    run("kept", 20);
  }
  EXPECT_THAT(warnings, ElementsAre(HasSubstr("File too large")));
  const Recording all = recording();
  EXPECT_EQ(all.graphs.back().name, "kept");
  const auto ends_kept = [&](const RecordedStep& step) {
    return step.ends && all.graphs[*step.graph].name == "kept";
  };
  EXPECT_EQ(std::ranges::count_if(all.steps, ends_kept), 1);
}

TEST_F(RecorderTest, OfNothingHoldsItsStart) {
  { const Recorder recorder({path_}); }
  EXPECT_THAT(recording().starts, SizeIs(1));
}

}  // namespace
}  // namespace forebay
