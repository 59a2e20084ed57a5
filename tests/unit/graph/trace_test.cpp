// The timeline that a graph keeps while it is asked for it.

#include <gmock/gmock.h>

#include <latch>
#include <map>
#include <set>
#include <thread>
#include <vector>

#include <forebay/graph/trace_ring.hpp>

#include "helpers.hpp"

namespace forebay {
namespace {

using test::count_to;
using test::error_of;

std::map<std::string, std::vector<TracedBody>> by_node(const Trace& trace) {
  std::map<std::string, std::vector<TracedBody>> result;
  for (const TracedBody& body : trace.bodies) {
    result[trace.nodes.at(body.node).name].push_back(body);
  }
  return result;
}

TEST(Trace, HasEveryBodyWithItsItemAndItsTime) {
  Graph graph("g", {.threads = 3});
  constexpr int kItems = 200;
  graph.source("s", count_to(kItems)) >>
      graph.transform("t", {.concurrency = 3}, [](int i) { return i; }) >>
      graph.filter("f", [](int i) { return i % 2 == 0; }) >> graph.sink("eat", [](int) {});
  const std::int64_t begin = detail::now_ns();
  graph.trace("test", 100);
  const GraphSnapshot snapshot = graph.run();
  const Trace trace = graph.trace("test", 0);

  EXPECT_EQ(trace.graph, "g");
  EXPECT_EQ(trace.dropped, 0u);
  EXPECT_THAT(trace.nodes.at(1).inputs, testing::ElementsAre("s"));
  auto bodies = by_node(trace);
  for (const NodeSnapshot& node : snapshot.nodes) {
    EXPECT_EQ(bodies[node.name].size(), node.service.count()) << node.name;
    std::int64_t busy = 0;
    std::set<Sequence> items;
    for (const TracedBody& body : bodies[node.name]) {
      EXPECT_LE(begin, body.begin);
      EXPECT_LE(body.begin, body.end);
      busy += body.end - body.begin;
      items.insert(body.item);
    }
    EXPECT_LE(busy, node.busy + 1'000'000) << node.name;  // stamps of others may be a little older
    if (node.name == "t") {
      EXPECT_EQ(items.size(), std::size_t{kItems});
    }
  }
}

TEST(Trace, HasNothingFromBeforeItWasAskedForOrAfterItsTime) {
  std::latch before(1), after(1), traced(1);
  Graph graph("g");
  graph.source("s", count_to(30)) >> graph.sink("eat", {.run_on = RunOn::kOwnThreads}, [&](int i) {
    if (i == 10) before.count_down(), traced.wait();
    if (i == 20) {
      graph.trace("test", 0);
      after.count_down();
    }
  });
  std::thread run([&] { graph.run(); });
  before.wait();
  graph.trace("test", 100);
  traced.count_down();
  after.wait();
  run.join();
  std::vector<Sequence> items;
  auto bodies = by_node(graph.trace("test", 0));
  for (const TracedBody& body : bodies["eat"]) items.push_back(body.item);
  EXPECT_THAT(items, testing::Each(testing::AllOf(testing::Ge(10u), testing::Lt(20u))));
}

TEST(Trace, NotesTheDepthsOfEveryInput) {
  std::latch filled(1), go(1);
  Graph graph("g");
  const auto join = graph.join<int, int>("join", {.queue = 4});
  graph.source("a", count_to(50)) >> join.first;
  graph.source("b",
               [&, next = 0]() mutable -> std::optional<int> {
                 if (next == 0) go.wait();
                 return next < 50 ? std::optional(next++) : std::nullopt;
               }) >>
      join.second;
  join.output >> graph.sink("eat", [](std::tuple<int, int>) {});
  graph.trace("test", 100);
  std::thread run([&] { graph.run(); });
  while (graph.snapshot().node("join").inputs[0].depth < 4) std::this_thread::yield();
  go.count_down();
  run.join();
  std::map<std::string, std::size_t> most;
  const Trace trace = graph.trace("test", 0);
  for (const TracedDepth& depth : trace.depths) {
    const TracedNode& node = trace.nodes.at(depth.node);
    std::size_t& known = most[node.name + " from " + node.inputs.at(depth.input)];
    known = std::max(known, depth.depth);
  }
  EXPECT_THAT(
      most, testing::UnorderedElementsAre(testing::Key("join from a"), testing::Key("join from b"),
                                          testing::Key("eat from join")));
  EXPECT_LE(most["join from a"], 4u);
}

TEST(Trace, IsOfOneHolderAtATime) {
  Graph graph("g");
  graph.source("s", count_to(5)) >> graph.sink("eat", [](int) {});
  graph.trace("process 1", 100);
  EXPECT_EQ(error_of([&] { graph.trace("process 2", 1); }),
            "it is being traced by process 1; wait until that has ended");
  graph.run();
  graph.trace("process 1", 0);
  EXPECT_THAT(graph.trace("process 2", 0).bodies, testing::IsEmpty());
}

TEST(Trace, WhatTheHolderBeforeLeftIsThrownAway) {
  Graph graph("g");
  graph.source("s", count_to(5)) >> graph.sink("eat", [&](int i) {
    if (i == 4) graph.trace("process 1", 0);
  });
  graph.trace("process 1", 100);
  graph.run();
  EXPECT_THAT(graph.trace("process 2", 0).bodies, testing::IsEmpty());
}

TEST(Trace, CountsWhatHadNoRoom) {
  constexpr auto kItems = static_cast<int>(detail::Tracer::kBodies);
  Graph graph("g", {.threads = 2});
  graph.source("s", count_to(kItems)) >> graph.sink("eat", {.queue = 1024}, [](int) {});
  graph.trace("test", 1000);
  graph.run();
  const Trace trace = graph.trace("test", 0);
  EXPECT_EQ(trace.bodies.size(), detail::Tracer::kBodies);
  // The source is asked once more than it has items.
  EXPECT_GE(trace.dropped, static_cast<std::uint64_t>(kItems) + 1);
}

TEST(Trace, NeedsMeters) {
  Graph graph("g", {.metering = false});
  EXPECT_EQ(error_of([&] { graph.trace("test", 1); }), "graph 'g' measures no times to trace");
}

TEST(TraceRing, GivesBackWhatManyWritersPutIn) {
  detail::TraceRing<int> ring(64);
  constexpr int kEach = 20'000, kWriters = 3;
  std::vector<std::thread> writers;
  for (int w = 0; w < kWriters; ++w) {
    writers.emplace_back([&ring, w] {
      for (int i = 0; i < kEach; ++i) {
        while (!ring.push(w * kEach + i)) std::this_thread::yield();
      }
    });
  }
  std::vector<int> got;
  while (got.size() < std::size_t{kEach} * kWriters) ring.drain(got);
  for (std::thread& writer : writers) writer.join();
  // Of each writer all, in its order.
  std::vector<int> next(kWriters, 0);
  for (const int value : got) {
    const auto writer = static_cast<std::size_t>(value / kEach);
    ASSERT_EQ(value % kEach, next[writer]++);
  }
}

TEST(TraceRing, RefusesWhatHasNoRoom) {
  detail::TraceRing<int> ring(4);
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(ring.push(i));
  EXPECT_FALSE(ring.push(4));
  std::vector<int> got;
  ring.drain(got);
  EXPECT_THAT(got, testing::ElementsAre(0, 1, 2, 3));
  EXPECT_TRUE(ring.push(5));
}

}  // namespace
}  // namespace forebay
