// What reports become: written by the recorder's side, read by the report's.

#include <forebay/graph/record/run_lines.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include <sstream>

#include <forebay/graph/record/lines.hpp>
#include <forebay/graph/simulate/simulate.hpp>

#include "../diagnose/models.hpp"
#include "made_up_run.hpp"

namespace forebay::detail {
namespace {

using test::MadeUpRun;
using testing::ElementsAre;

Recording read(const std::string& text) {
  LineReader reader;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) reader.read(line);
  return reader.take();
}

class RunLinesTest : public testing::Test {
 protected:
  void start() { text_ += lines_.start(run_.idle(), now_); }
  void pass(int seconds) {
    for (int i = 0; i < seconds; ++i) {
      run_.pass(1);
      text_ += lines_.step(run_.report, ++now_);
    }
  }
  void end() {
    run_.pass(1);
    run_.end();
    text_ += lines_.step(run_.report, ++now_);
  }

  double now_ = 1000;
  MadeUpRun run_;
  VerdictWatch verdicts_;
  RunLines lines_{verdicts_};
  std::string text_;
};

TEST_F(RunLinesTest, TellTheStart) {
  start();
  const Recording recording = read(text_);
  ASSERT_EQ(recording.starts.size(), 1u);
  const RecordedStart& start = recording.starts[0];
  EXPECT_EQ(start.time, 1000);
  EXPECT_FALSE(start.host.empty());
  EXPECT_EQ(start.cpus, 8);
  EXPECT_EQ(start.cpus_usable, 2);
  EXPECT_EQ(start.program, "trainer");
  EXPECT_THAT(start.command, ElementsAre("trainer", "--fast"));
}

TEST_F(RunLinesTest, TellTheGraphOnce) {
  start();
  pass(3);
  const Recording recording = read(text_);
  ASSERT_EQ(recording.graphs.size(), 1u);
  const RecordedGraph& graph = recording.graphs[0];
  EXPECT_EQ(graph.name, "g");
  EXPECT_EQ(graph.samples, "images");
  EXPECT_THAT(graph.nodes, ElementsAre(RecordedNode{"read", "source", {}, 4, 0, 0},
                                       RecordedNode{"save", "transform", {"read"}, 4, 16, 0}));
}

TEST_F(RunLinesTest, TellEachSecond) {
  start();
  run_.report.graph.nodes[1].errors = 0;
  pass(1);
  run_.report.graph.nodes[1].errors = 3;
  run_.report.progress[0].figures["loss"] = 1.23456;
  pass(1);
  const Recording recording = read(text_);
  ASSERT_EQ(recording.steps.size(), 2u);
  const RecordedStep& step = recording.steps[1];
  EXPECT_EQ(step.time, 1002);
  EXPECT_EQ(step.seconds, 1);
  EXPECT_EQ(step.graph, 0u);
  EXPECT_FALSE(step.ends);
  EXPECT_EQ(step.samples, 100);
  EXPECT_EQ(step.nodes.at(1).items_per_second, 100);
  EXPECT_EQ(step.nodes[1].fill, 25);
  EXPECT_EQ(step.nodes[1].busy, 25);
  EXPECT_EQ(step.nodes[1].blocked, 75);
  EXPECT_THAT(step.errors, ElementsAre(std::pair<std::size_t, std::uint64_t>(1, 3)));
  EXPECT_EQ(step.host.cpu_idle, 0.25);
  EXPECT_EQ(step.host.disk_read, 3e6);
  EXPECT_EQ(step.devices.at(0).busy, 50);
  EXPECT_EQ(step.devices[0].memory, 25);
  EXPECT_EQ(step.devices[0].samples_per_second, 99.5F);
  EXPECT_THAT(recording.devices, ElementsAre(RecordedDevice{"cpu:0", 1000}));
  ASSERT_EQ(step.progress, 0u);
  EXPECT_EQ(recording.progress.at(0).at(0),
            (RecordedProgress{"epoch 1 of 2", "images", 1000, {"loss"}, false}));
  EXPECT_THAT(step.told, ElementsAre(ElementsAre(200, 1.2346)));
}

TEST_F(RunLinesTest, TellWhatIsKnownOfGpus) {
  start();
  pass(1);
  EXPECT_EQ(text_.find("gpus"), std::string::npos) << "nothing is known";
  run_.report.devices[0].gpu = {
      .busy = 0.97, .memory_used = 1e9, .memory_total = 4e9, .clock = 1.755e9};
  pass(1);
  const Recording recording = read(text_);
  EXPECT_TRUE(std::isnan(recording.steps.at(0).devices.at(0).gpu.busy));
  const GpuStep& gpu = recording.steps.at(1).devices.at(0).gpu;
  EXPECT_EQ(gpu.busy, 97);
  EXPECT_EQ(gpu.memory, 25);
  EXPECT_TRUE(std::isnan(gpu.power));
  EXPECT_EQ(gpu.clock, 1755);
}

TEST_F(RunLinesTest, TellTheSameGraphAgainByItsNumber) {
  start();
  pass(2);
  end();
  run_.next("epoch 2 of 2");
  pass(1);
  const Recording recording = read(text_);
  ASSERT_EQ(recording.steps.size(), 4u);
  EXPECT_EQ(recording.graphs.size(), 1u);
  EXPECT_TRUE(recording.steps[2].ends);
  EXPECT_EQ(recording.steps[3].graph, 0u);
  EXPECT_EQ(recording.steps[3].samples, 100) << "the new run begins from nothing";
  EXPECT_EQ(recording.progress.size(), 2u);
}

TEST_F(RunLinesTest, TellARunThatWasNeverSeenRunningAsAWhole) {
  start();
  run_.pass(4);
  run_.end();
  text_ += lines_.step(run_.report, 1004);
  const Recording recording = read(text_);
  ASSERT_EQ(recording.steps.size(), 1u);
  EXPECT_EQ(recording.steps[0].seconds, 4);
  EXPECT_EQ(recording.steps[0].samples, 400);
}

TEST_F(RunLinesTest, AreNothingForWhatWasToldAlready) {
  start();
  pass(1);
  EXPECT_EQ(lines_.step(run_.report, 1001.5), "") << "the same snapshot";
  const Report seen_before_its_end = [&] {
    run_.pass(1);
    return run_.report;
  }();
  end();
  EXPECT_EQ(lines_.step(seen_before_its_end, 1004), "");
  run_.next("epoch 2 of 2");
  pass(1);
  Report beside = run_.report;
  beside.run = {"h", 77, false, 0};
  EXPECT_EQ(lines_.step(beside, 1006), "") << "a run beside the one that is recorded";
}

TEST_F(RunLinesTest, TellOfARunThatGoesOnAtTheStartOnlyWhatFollows) {
  run_.pass(10);
  text_ = lines_.start(run_.report, now_);
  pass(1);
  EXPECT_EQ(read(text_).steps.at(0).samples, 100);
}

TEST_F(RunLinesTest, DoNotCountWhatARunThatWasResumedHadDoneBefore) {
  start();
  run_.report.progress[0].done = 700;
  pass(1);
  EXPECT_EQ(read(text_).steps.at(0).samples, 100);
}

TEST_F(RunLinesTest, TellTheProcessWhileNoGraphRuns) {
  start();
  run_.report.host.time += test::kSecond;
  text_ += lines_.step(run_.idle(), 1001);
  const RecordedStep step = read(text_).steps.at(0);
  EXPECT_EQ(step.graph, std::nullopt);
  EXPECT_EQ(step.seconds, 1);
}

TEST_F(RunLinesTest, TellChangesOfSettings) {
  start();
  pass(1);
  run_.report.graph.nodes[1].concurrency = 6;
  run_.report.graph.nodes[1].inputs[0].capacity = 32;
  pass(2);
  const Recording recording = read(text_);
  ASSERT_EQ(recording.changes.size(), 2u);
  EXPECT_EQ(recording.changes[0].time, 1002);
  EXPECT_EQ(recording.changes[0].change, (SettingChange{"save", "concurrency", 4, 6}));
  EXPECT_EQ(recording.changes[1].change, (SettingChange{"save", "queue", 16, 32}));
  EXPECT_EQ(recording.graphs[0].nodes[1].concurrency, 6u);
  EXPECT_EQ(recording.graphs[0].nodes[1].queue, 32u);
}

TEST_F(RunLinesTest, TellWhatLimitsTheGraph) {
  const Model model = test::chain({{"read", 0.1}, {"decode", 10, 4}, {"save", 0.1}});
  start();
  run_.report.graph = simulate(model).snapshot;
  run_.report.graph.threads = model.threads;
  run_.report.host.cpus_usable = model.cores;
  text_ += lines_.step(run_.report, 1010);
  const Recording recording = read(text_);
  ASSERT_EQ(recording.verdicts.size(), 1u);
  const RecordedVerdict& verdict = recording.verdicts[0];
  EXPECT_EQ(verdict.time, 1010);
  EXPECT_EQ(verdict.bound, (Bound{Limit::kConcurrency, "decode"}));
  EXPECT_NEAR(verdict.samples_per_second, 400, 20);
  EXPECT_GT(verdict.predicted, verdict.samples_per_second);
  EXPECT_THAT(verdict.text, testing::HasSubstr("decode limits the run"));
}

TEST_F(RunLinesTest, TellTheVerdictThatAnotherFound) {
  start();
  pass(14);
  VerdictWatch watch;
  const auto found = watch.verdict(run_.report, now_);
  RunLines late(watch);
  std::string text = late.start(run_.idle(), now_ - 1);
  for (int i = 0; i < 3; ++i) {
    run_.pass(1);
    text += late.step(run_.report, ++now_);
  }
  const Recording recording = read(text);
  ASSERT_EQ(recording.verdicts.size(), 1u);
  EXPECT_EQ(recording.verdicts[0].time, found->time);
}

TEST_F(RunLinesTest, OfASecondStartKnowTheGraphOfTheFirst) {
  start();
  pass(2);
  RunLines again(verdicts_);
  text_ += again.start(run_.idle(), 2000);
  run_.next("epoch 1 of 2");
  run_.report.graph.nodes[1].concurrency = 5;
  run_.pass(1);
  text_ += again.step(run_.report, 2001);
  const Recording recording = read(text_);
  EXPECT_EQ(recording.starts.size(), 2u);
  ASSERT_EQ(recording.graphs.size(), 1u);
  EXPECT_EQ(recording.graphs[0].nodes[1].concurrency, 5u);
  EXPECT_EQ(recording.steps.back().graph, 0u);
  EXPECT_EQ(recording.steps.back().progress, 1u);
}

TEST_F(RunLinesTest, KeepNamesThatAreNoText) {
  run_.report.progress[0].label = "caf\xE9 <b>\"\n";
  start();
  pass(1);
  EXPECT_EQ(read(text_).progress.at(0).at(0).label, "caf\xEF\xBF\xBD <b>\"\n");
}

// docs/recording.md says so.
TEST_F(RunLinesTest, TakeLittleRoom) {
  run_.report.graph = test::training_graph(2);
  const std::size_t nodes = run_.report.graph.nodes.size();
  start();
  for (int i = 1; i <= 100; ++i) {
    run_.report.graph.time += test::kSecond;
    run_.report.graph.elapsed += test::kSecond;
    for (NodeSnapshot& node : run_.report.graph.nodes) {
      node.items_out += 387 + static_cast<std::uint64_t>(i % 10);
      for (std::int64_t* time : {&node.busy, &node.ready, &node.starved, &node.blocked}) {
        *time += 12'345'678;
      }
    }
    run_.report.progress[0].done += 387;
    run_.report.progress[0].figures = {{"accuracy", 0.6874 + 1e-4 * i}, {"loss", 0.9123}};
    text_ += lines_.step(run_.report, 1.7e9 + 1.03 * i);
  }
  EXPECT_LT(text_.size() / 100, 24 * nodes + 250);
}

}  // namespace
}  // namespace forebay::detail
