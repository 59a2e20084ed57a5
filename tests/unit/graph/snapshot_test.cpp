#include <forebay/graph/snapshot.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "helpers.hpp"

namespace forebay {
namespace {

using test::count_to;

TEST(Snapshot, TimesOfWorkersAddUpAtAnyMoment) {
  Graph graph("g", {.threads = 2});
  graph.source("s", count_to(20'000)) >>
      graph.transform("t", {.concurrency = 3}, [](int i) { return i; }) >>
      graph.filter("f", [](int i) { return i % 2 == 0; }) >> graph.sink("eat", [](int) {});
  std::atomic<bool> ended{false};
  std::vector<GraphSnapshot> moments{graph.snapshot()};
  std::thread watcher([&] {
    while (!ended) {
      moments.push_back(graph.snapshot());
      std::this_thread::yield();
    }
  });
  const GraphSnapshot last = graph.run();
  ended = true;
  watcher.join();
  moments.push_back(last);
  for (const GraphSnapshot& moment : moments) {
    for (const NodeSnapshot& node : moment.nodes) {
      EXPECT_EQ(node.busy + node.ready + node.starved + node.blocked,
                std::int64_t(node.concurrency) * node.metered)
          << node.name;
      EXPECT_GE(node.metered, 0);
      for (const QueueSnapshot& queue : node.inputs) {
        std::int64_t levels = 0;
        for (std::int64_t time : queue.level_time) levels += time;
        EXPECT_EQ(levels, node.metered);
        EXPECT_LE(queue.depth, queue.capacity);
      }
    }
  }
}

TEST(Snapshot, DifferencesAreWhatHappenedInBetween) {
  Graph graph("g");
  GraphSnapshot at_10, at_60;
  graph.source("s", count_to(100)) >> graph.sink("eat", [&](int i) {
    if (i == 10) at_10 = graph.snapshot();
    if (i == 60) at_60 = graph.snapshot();
  });
  graph.run();
  const GraphSnapshot span = at_60 - at_10;
  EXPECT_EQ(span.elapsed, at_60.time - at_10.time);
  EXPECT_EQ(span.node("eat").items_in, 50u);
  EXPECT_EQ(span.node("eat").items_out, 50u);
  EXPECT_EQ(span.node("eat").service.count(), 50u);
  EXPECT_EQ(span.node("eat").active, 1u);
  EXPECT_EQ(span.node("eat").busy + span.node("eat").ready + span.node("eat").starved +
                span.node("eat").blocked,
            span.node("eat").metered);
}

TEST(Snapshot, BeforeTheRunShowsTheShapeOfTheGraph) {
  Graph graph("g");
  graph.source("s", count_to(5)) >>
      graph.transform("t", {.concurrency = 3, .queue = 7}, [](int i) { return i; }) >>
      graph.sink("eat", [](int) {});
  const GraphSnapshot snapshot = graph.snapshot();
  EXPECT_EQ(snapshot.elapsed, 0);
  const NodeSnapshot& node = snapshot.node("t");
  EXPECT_EQ(node.kind, "transform");
  EXPECT_EQ(node.concurrency, 3u);
  EXPECT_EQ(node.inputs[0].from, "s");
  EXPECT_EQ(node.inputs[0].capacity, 7u);
  EXPECT_THAT(node.outputs, testing::ElementsAre("eat"));
  EXPECT_EQ(node.busy + node.ready + node.starved + node.blocked, 0);
}

TEST(Snapshot, SaysWhatBindsANode) {
  Graph graph("g");
  auto join = graph.join<int, int>("join", {.fixed = true});
  auto emit =
      graph.expand<int>("emit", {.concurrency = 2}, 3, [](std::tuple<int, int>, Emitter<int>&) {});
  auto batch = graph.batch<int>("batch", {.order = Order::kInOrder}, 4);
  auto back = graph.transform("back", [](const std::vector<int>&) { return 0; });
  graph.source("s", count_to(5)) >> join.first;
  join.output >> emit >> batch >> back;
  graph.feedback(back.output, join.second, {1, 2});
  const GraphSnapshot snapshot = graph.snapshot();
  EXPECT_TRUE(snapshot.node("join").fixed);
  EXPECT_FALSE(snapshot.node("join").serial);
  EXPECT_EQ(snapshot.node("join").inputs[0].first, 0u);
  EXPECT_EQ(snapshot.node("join").inputs[1].first, 2u);
  EXPECT_FALSE(snapshot.node("emit").fixed);
  EXPECT_EQ(snapshot.node("emit").per_item, 3u);
  EXPECT_EQ(snapshot.node("emit").order, Order::kAny);
  EXPECT_TRUE(snapshot.node("batch").serial);
  EXPECT_EQ(snapshot.node("batch").per_item, 1u);
  EXPECT_EQ(snapshot.node("batch").order, Order::kInOrder);
}

TEST(Snapshot, MetersAgreeWithTheIdentitiesOfAPipeline) {
  // The slowest stage takes T; the one before it is blocked for T less its own time a cycle, the
  // one after it is starved for T less its own.
  Graph graph("g");
  std::vector<GraphSnapshot> moments;
  const auto stage = [](int microseconds) {
    return [microseconds](int i) {
      const auto end = std::chrono::steady_clock::now() + std::chrono::microseconds(microseconds);
      std::this_thread::sleep_until(end);
      return i;
    };
  };
  const NodeSettings settings{.queue = 2, .run_on = RunOn::kOwnThreads};
  graph.source("s", count_to(40)) >> graph.transform("quick", settings, stage(2000)) >>
      graph.transform("slow", settings, stage(8000)) >> graph.sink("last", settings, [&](int i) {
        if (i == 8 || i == 32) moments.push_back(graph.snapshot());
        stage(4000)(i);
      });
  graph.run();
  const GraphSnapshot span = moments[1] - moments[0];
  const auto share = [&](const char* node, std::int64_t NodeSnapshot::*time) {
    return double(span.node(node).*time) / double(span.elapsed);
  };
  // Wide bars: the machine may be busy. The benchmark holds them to 5 %.
  EXPECT_NEAR(share("quick", &NodeSnapshot::blocked), 0.75, 0.2);
  EXPECT_NEAR(share("slow", &NodeSnapshot::busy), 1.0, 0.1);
  EXPECT_NEAR(share("last", &NodeSnapshot::starved), 0.5, 0.25);
  EXPECT_LT(share("last", &NodeSnapshot::blocked), 0.01);
}

struct SlowDelete {
  void operator()(const int* number) const {
    const auto until = std::chrono::steady_clock::now() + time;
    while (std::chrono::steady_clock::now() < until) {
    }
    delete number;
  }
  std::chrono::microseconds time{0};
};
/// Takes its time to go away, and cannot say what it is.
using SlowToDrop = std::unique_ptr<int, SlowDelete>;
std::string describe(const SlowToDrop&) { throw std::runtime_error("no words"); }

TEST(Snapshot, CpuTimeIsThatOfBodiesAlsoWhenOneFailsAfterItHasSent) {
  constexpr int kSampled = 512;  // CPU time is read for this item and for the first one
  const SlowDelete slow{std::chrono::microseconds(50)};
  Graph graph("g");
  graph.source("s", count_to(kSampled + 1)) >>
      graph.transform("wrap", [&](int i) { return SlowToDrop(new int(i), slow); }) >>
      graph.expand<int>("emit", {.run_on = RunOn::kOwnThreads}, 2,
                        [](const SlowToDrop& item, Emitter<int>& emit) {
                          emit(*item);
                          if (*item == kSampled) throw std::runtime_error("is broken");
                        }) >>
      graph.sink("eat", [](int) {});
  EXPECT_EQ(test::error_of([&] { graph.run(); }), "emit: item 512: no words");
  const NodeSnapshot node = graph.snapshot().node("emit");
  EXPECT_EQ(node.service.count(), std::uint64_t{kSampled + 1});
  EXPECT_LE(double(node.cpu), 1.1 * double(node.busy));
}

TEST(Snapshot, ServiceIsTheTimeInTheBodyAlone) {
  // One thread goes from an item of `drop` to the next; that takes long, but no body does.
  constexpr int kItems = 8;
  const SlowDelete slow{std::chrono::milliseconds(5)};
  Graph graph("g", {.threads = 1});
  graph.source("s", NodeSettings{}, count_to(kItems)) >>
      graph.transform("wrap", [&](int i) { return SlowToDrop(new int(i), slow); }) >>
      graph.sink("drop", {.run_on = RunOn::kOwnThreads}, [](const SlowToDrop&) {});
  const NodeSnapshot node = graph.run().node("drop");
  EXPECT_EQ(node.service.count(), std::uint64_t{kItems});
  EXPECT_LT(node.service.quantile(0.5), 2'500'000);
}

TEST(Snapshot, WithoutMeteringCountsItemsOnly) {
  Graph graph("g", {.metering = false});
  graph.source("s", count_to(50)) >> graph.sink("eat", [](int) {});
  const GraphSnapshot snapshot = graph.run();
  EXPECT_EQ(snapshot.node("eat").items_in, 50u);
  EXPECT_EQ(snapshot.node("eat").service.count(), 0u);
  EXPECT_EQ(snapshot.node("eat").busy, 0);
}

TEST(Snapshot, PrintsATable) {
  GraphSnapshot snapshot;
  snapshot.elapsed = 2'000'000'000;
  NodeSnapshot node;
  node.name = "decode";
  node.concurrency = 4;
  node.items_out = 1000;
  node.busy = 2;
  node.ready = 1;
  node.starved = 1;
  node.skipped = 2;
  QueueSnapshot queue;
  queue.capacity = 16;
  queue.depth_time = 24'000'000'000;
  node.inputs.push_back(queue);
  snapshot.nodes.push_back(node);
  std::ostringstream out;
  out << snapshot;
  EXPECT_EQ(out.str(),
            "node    mean queue  workers    busy   ready  starved  blocked    items/s     p50 ms   "
            "  p99 ms\n"
            "decode     12.0/16        4    50 %    25 %     25 %      0 %      500.0      0.000   "
            "   0.000"
            "  (2 skipped)\n");
}

}  // namespace
}  // namespace forebay
