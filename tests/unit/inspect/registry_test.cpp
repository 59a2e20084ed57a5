#include <forebay/graph/inspect/registry.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <stdexcept>

#include <forebay/graph/error.hpp>
#include <support/error_of.hpp>

namespace forebay::detail {
namespace {

using test::error_of;
using testing::ElementsAre;
using testing::IsEmpty;

Inspected graph(const std::string& name, std::int64_t time = 0) {
  return {name,
          [=] {
            GraphSnapshot snapshot;
            snapshot.name = name;
            snapshot.time = time;
            return snapshot;
          },
          [](std::string_view path, std::string_view) { throw Error(std::string(path) + "!"); }};
}

std::vector<std::string> names(const Registry& registry) {
  std::vector<std::string> names;
  for (const RunFacts& run : registry.runs().runs) {
    names.push_back(run.name + (run.running ? "" : " ended"));
  }
  return names;
}

std::string number_of_this_process() { return std::to_string(getpid()); }

TEST(Registry, ListsRunsAndTheLastThatEnded) {
  Registry registry;
  EXPECT_THAT(names(registry), IsEmpty());
  const auto outer = registry.enter(graph("outer"));
  const auto inner = registry.enter(graph("inner"));
  EXPECT_THAT(names(registry), ElementsAre("outer", "inner"));
  registry.leave(inner);
  EXPECT_THAT(names(registry), ElementsAre("outer", "inner ended"));
  registry.leave(outer);
  EXPECT_THAT(names(registry), ElementsAre("outer ended"));
}

TEST(Registry, SaysWhichProcessThisIs) {
  const ProcessFacts process = Registry().runs().process;
  EXPECT_EQ(process.pid, getpid());
  EXPECT_EQ(process.program, "inspect_test");
  EXPECT_THAT(process.command.at(0), testing::EndsWith("inspect_test"));
}

TEST(Registry, ReportsTheLongestRunningGraphOfThatName) {
  Registry registry;
  registry.enter(graph("a", 1));
  registry.enter(graph("b", 2));
  registry.enter(graph("b", 3));
  EXPECT_EQ(registry.report().graph.time, 1);
  EXPECT_EQ(registry.report("b").graph.time, 2);
}

TEST(Registry, ReportsTheLastGraphWhenNoneRuns) {
  Registry registry;
  registry.leave(registry.enter(graph("training", 5)));
  EXPECT_EQ(registry.report().graph.time, 5);
  EXPECT_FALSE(registry.report().run.running);
  EXPECT_EQ(registry.report("training").graph.time, 5);
  registry.enter(graph("validation", 6));
  EXPECT_EQ(registry.report().graph.time, 6);
  EXPECT_EQ(registry.report("training").graph.time, 5);
}

TEST(Registry, TellsTwoRunsOfOneNameApart) {
  Registry registry;
  const auto first = registry.enter(graph("g"));
  registry.leave(first);
  registry.enter(graph("g"));
  EXPECT_GT(registry.report("g").run.number, first);
}

TEST(Registry, NamesTheGraphsThereAre) {
  Registry registry;
  const std::string process = "process " + number_of_this_process();
  EXPECT_EQ(error_of([&] { registry.report(); }), "no graph runs in " + process);
  EXPECT_EQ(error_of([&] { registry.report("x"); }),
            "no graph 'x' runs in " + process + "; none does");
  registry.enter(graph("a"));
  registry.enter(graph("b"));
  EXPECT_EQ(error_of([&] { registry.set("x", "n.queue", "1"); }),
            "no graph 'x' runs in " + process + "; it runs a, b");
}

TEST(Registry, SetsNothingOnAGraphThatHasEnded) {
  Registry registry;
  const auto run = registry.enter(graph("g"));
  EXPECT_EQ(error_of([&] { registry.set("g", "n.queue", "1"); }), "n.queue!");
  registry.leave(run);
  EXPECT_NE(error_of([&] { registry.set("g", "n.queue", "1"); }), "n.queue!");
}

TEST(Registry, KeepsNothingOfARunWithoutASnapshot) {
  Registry registry;
  Inspected broken = graph("g");
  broken.snapshot = []() -> GraphSnapshot { throw std::bad_alloc(); };
  registry.leave(registry.enter(std::move(broken)));
  EXPECT_THAT(names(registry), IsEmpty());
}

TEST(Registry, TellsWhatIsPublishedAsLongAsThatLasts) {
  Registry registry;
  registry.enter(graph("g"));
  auto devices = registry.publish_devices([] {
    return std::vector<DeviceFacts>{{"cuda:0", 0.5, 1, 2, 3}, {"cuda:1", NAN, 1, 2, INFINITY}};
  });
  const auto progress = registry.publish_progress([] {
    return ProgressFacts{"epoch", 1, 2, "x", {{"loss", NAN}}};
  });
  const auto roles = registry.publish_roles({{"step[0]"}, {"sum"}, "images"});
  auto more_roles = registry.publish_roles({{"step[1]"}, {}, "batches"});
  const auto broken =
      registry.publish_progress([]() -> ProgressFacts { throw std::runtime_error("none yet"); });
  Report report = registry.report();
  ASSERT_EQ(report.devices.size(), 2u);
  EXPECT_EQ(report.devices[0].busy, 0.5);
  EXPECT_EQ(report.devices[1].busy, 0);  // JSON has no NaN
  EXPECT_EQ(report.devices[1].samples_per_second, 0);
  ASSERT_EQ(report.progress.size(), 1u);
  EXPECT_EQ(report.progress[0].label, "epoch");
  EXPECT_FALSE(report.progress[0].figures.contains("loss"));
  EXPECT_THAT(report.roles.devices, ElementsAre("step[0]", "step[1]"));
  EXPECT_THAT(report.roles.all_reduce, ElementsAre("sum"));
  EXPECT_EQ(report.roles.samples, "images");
  more_roles.reset();
  EXPECT_THAT(registry.report().roles.devices, ElementsAre("step[0]"));
  devices.reset();
  EXPECT_THAT(registry.report().devices, IsEmpty());
}

TEST(Registry, TellsOfTheEndOfEachRunWithWhatIsPublished) {
  Registry registry;
  const Publication progress = registry.publish_progress([] {
    return ProgressFacts{"epoch 1", 7, 10, "images"};
  });
  std::vector<Report> ends;
  {
    const Publication watch =
        registry.watch_ends([&](const Report& last) { ends.push_back(last); });
    registry.leave(registry.enter(graph("a", 5)));
  }
  registry.leave(registry.enter(graph("b")));
  ASSERT_EQ(ends.size(), 1u) << "only while it is watched";
  EXPECT_EQ(ends[0].run.name, "a");
  EXPECT_FALSE(ends[0].run.running);
  EXPECT_EQ(ends[0].graph.time, 5);
  EXPECT_EQ(ends[0].progress.at(0).done, 7);
}

}  // namespace
}  // namespace forebay::detail
