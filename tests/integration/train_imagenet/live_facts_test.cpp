#include <train_imagenet/live_facts.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <common/training_plan.hpp>
#include <forebay/graph/inspect/registry.hpp>

namespace forebay {
namespace {

using testing::ElementsAre;

constexpr std::int64_t kSecond = 1'000'000'000;

TEST(LiveFactsTest, TellsTheProgressOfAnEpochAndOfTheWholeTraining) {
  const Progress progress{.epoch = 2,
                          .epochs = 10,
                          .images = 400,
                          .images_per_epoch = 1000,
                          .loss = 2.5,
                          .accuracy = 0.25};
  const ProgressFacts pass = pass_facts(progress);
  EXPECT_EQ(pass.label, "epoch 3 of 10");
  EXPECT_EQ(pass.done, 400);
  EXPECT_EQ(pass.total, 1000);
  EXPECT_EQ(pass.unit, "images");
  EXPECT_EQ(pass.figures.at("loss"), 2.5);
  EXPECT_EQ(pass.figures.at("accuracy"), 0.25);
  const ProgressFacts all = training_facts(progress, 1000, 14.4);
  EXPECT_EQ(all.label, "training");
  EXPECT_EQ(all.done, 2400);
  EXPECT_EQ(all.total, 10'000);
  const auto plan = training_plan({pass, all});
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->epochs, 10);
  EXPECT_EQ(plan->images_per_epoch, 1000);
  EXPECT_EQ(plan->price_per_hour, 14.4);
}

TEST(LiveFactsTest, CountsValidationAsNoTraining) {
  const Progress progress{
      .phase = "Validation", .epoch = 2, .epochs = 10, .images = 50, .images_per_epoch = 200};
  EXPECT_EQ(pass_facts(progress).label, "validation of epoch 3 of 10");
  EXPECT_EQ(training_facts(progress, 1000, {}).done, 3000);
}

// A run in which replica i was busy for `busy[i]` seconds and finished `passes[i]` passes.
GraphSnapshot run_of(double elapsed, const std::vector<double>& busy,
                     const std::vector<int>& passes) {
  GraphSnapshot run;
  run.elapsed = static_cast<std::int64_t>(elapsed * kSecond);
  run.time = 100 * kSecond + run.elapsed;
  for (std::size_t i = 0; i < busy.size(); ++i) {
    NodeSnapshot node;
    node.name = "forward-backward[" + std::to_string(i) + "]";
    node.busy = static_cast<std::int64_t>(busy[i] * kSecond);
    for (int pass = 0; pass < passes[i]; ++pass) node.service.record(1000);
    run.nodes.push_back(node);
  }
  return run;
}

TEST(LiveFactsTest, MeasuresDevicesFromTheBeginOfARun) {
  DeviceMeter meter({{.name = "cpu:0", .memory_used = 77}, {.name = "cpu:1"}}, 32);
  const auto devices = meter.measure(run_of(2, {1, 2}, {3, 5}));
  ASSERT_EQ(devices.size(), 2u);
  EXPECT_EQ(devices[0].name, "cpu:0");
  EXPECT_EQ(devices[0].memory_used, 77u);
  EXPECT_DOUBLE_EQ(devices[0].busy, 0.5);
  EXPECT_DOUBLE_EQ(devices[0].samples_per_second, 3 * 32 / 2.0);
  EXPECT_DOUBLE_EQ(devices[1].busy, 1);
}

TEST(LiveFactsTest, MeasuresDevicesOverTheLastSecondsAlone) {
  DeviceMeter meter({{.name = "cpu:0"}}, 10);
  meter.measure(run_of(10, {10}, {100}));
  meter.measure(run_of(20, {10}, {100}));
  EXPECT_DOUBLE_EQ(meter.measure(run_of(21, {10}, {100}))[0].busy, 0);
  const auto devices = meter.measure(run_of(26, {14, 0}, {130, 0}));  // since second 21
  EXPECT_DOUBLE_EQ(devices[0].busy, 0.8);
  EXPECT_DOUBLE_EQ(devices[0].samples_per_second, 60);
}

TEST(LiveFactsTest, BeginsAnewWithEachRun) {
  DeviceMeter meter({{.name = "cpu:0"}}, 10);
  meter.measure(run_of(10, {10}, {100}));
  EXPECT_EQ(meter.idle()[0].busy, 0);
  EXPECT_DOUBLE_EQ(meter.measure(run_of(1, {0.5}, {1}))[0].busy, 0.5);
}

TEST(LiveFactsTest, IsPublishedWithTheGraphThatRuns) {
  const Report before = [] {
    LiveFacts facts(node_roles(1), {{.name = "cpu:0"}}, 4, 1000, std::nullopt);
    facts.set({.epoch = 0, .epochs = 2, .images = 500, .images_per_epoch = 1000});
    Report report;
    Graph graph("g");
    graph.source("made-up",
                 [n = 0]() mutable { return n++ < 3 ? std::optional(n) : std::nullopt; }) >>
        graph.sink("forward-backward[0]",
                   [&](int) { report = detail::process_registry().report("g"); });
    const LiveFacts::Watch watch(facts, graph);
    graph.run();
    return report;
  }();
  EXPECT_THAT(before.roles.devices, ElementsAre("forward-backward[0]", "evaluate[0]"));
  EXPECT_THAT(before.roles.all_reduce, ElementsAre("all-reduce"));
  EXPECT_EQ(before.roles.samples, "images");
  ASSERT_EQ(before.progress.size(), 2u);
  EXPECT_EQ(before.progress[1].done, 500);
  EXPECT_EQ(before.progress[1].total, 2000);
  ASSERT_EQ(before.devices.size(), 1u);
  EXPECT_GT(before.devices[0].samples_per_second, 0);
  EXPECT_TRUE(detail::process_registry().report("g").devices.empty()) << "after its end";
}

}  // namespace
}  // namespace forebay
