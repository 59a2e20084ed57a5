#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <random>
#include <thread>
#include <vector>

#include "helpers.hpp"

namespace forebay {
namespace {

using test::count_to;
using test::thread_count;

TEST(Cancel, BeforeTheRunLetsNoItemStart) {
  Graph graph("g");
  int calls = 0;
  graph.source("s", [&]() -> std::optional<int> { return ++calls; }) >>
      graph.sink("eat", [](int) {});
  graph.cancel();
  const GraphSnapshot snapshot = graph.run();
  EXPECT_EQ(calls, 0);
  EXPECT_TRUE(graph.cancelled());
  EXPECT_EQ(snapshot.node("eat").items_in, 0u);
}

TEST(Cancel, AfterTheRunDoesNothing) {
  Graph graph("g");
  graph.source("s", count_to(5)) >> graph.sink("eat", [](int) {});
  EXPECT_EQ(graph.run().node("eat").items_in, 5u);
  graph.cancel();
}

TEST(Cancel, FromABodyEndsAnEndlessRun) {
  Graph graph("g");
  graph.source("s", [i = 0]() mutable -> std::optional<int> { return i++; }) >>
      graph.sink("eat", [&](int i) {
        if (i == 100) graph.cancel();
      });
  graph.run();
  EXPECT_TRUE(graph.cancelled());
}

TEST(Cancel, WaitsForTheBodiesUnderWayAndStartsNoOther) {
  Graph graph("g");
  std::promise<void> begun, go_on;
  std::atomic<int> bodies{0};
  graph.source("s", count_to(100)) >> graph.sink("eat", {.run_on = RunOn::kOwnThreads}, [&](int) {
    ++bodies;
    begun.set_value();
    go_on.get_future().wait();
  });
  auto run = std::async(std::launch::async, [&] { graph.run(); });
  begun.get_future().wait();
  graph.cancel();
  EXPECT_EQ(run.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  go_on.set_value();
  run.get();
  EXPECT_EQ(bodies, 1);
}

// An endless graph with all that can wait: full queues, bytes, a join, own threads.
void run_and_cancel(std::uint64_t seed, int threads) {
  std::mt19937_64 random(seed);
  Graph graph("g", {.threads = threads});
  const auto limits = [&] {
    NodeSettings settings;
    settings.concurrency = 1 + random() % 3;
    settings.queue = 1 + random() % 5;
    if (random() % 3 == 0) settings.queue_bytes = 1 + random() % 20;
    if (random() % 3 == 0) settings.run_on = RunOn::kOwnThreads;
    return settings;
  };
  auto fork = graph.broadcast<int>("fork", limits(), 2);
  auto join = graph.join<int, int>("join", limits());
  graph.source("s", [i = 0]() mutable -> std::optional<int> { return i++; }) >>
      graph.transform("t", limits(), [](int i) { return i + 1; }) >> fork.input;
  fork[0] >> graph.filter("f", limits(), [](int i) { return i % 3 != 0; }) >> join.first;
  fork[1] >> join.second;
  join.output >> graph.sink("eat", limits(), [](std::tuple<int, int>) {});
  std::thread canceller([&graph, turns = random() % 20] {
    for (std::size_t i = 0; i < turns; ++i) std::this_thread::yield();
    graph.cancel();
  });
  graph.run();
  canceller.join();
  EXPECT_TRUE(graph.cancelled());
}

TEST(Cancel, AtAnyMomentFromAnotherThreadEndsTheRunAndLeavesNoThread) {
  test::start_workers(7);
  const std::size_t before = thread_count();
  for (std::uint64_t seed = 0; seed < 150; ++seed) {
    for (int threads : {1, 2, 7}) run_and_cancel(seed, threads);
  }
  EXPECT_LE(thread_count(), before);
}

TEST(Cancel, TakesMillisecondsWhileEverythingIsFull) {
  Graph graph("g");
  std::promise<void> full;
  graph.source("s",
               [&, i = 0]() mutable -> std::optional<int> {
                 if (i == 9) full.set_value();  // 8 in one queue, 1 in the other, 1 in the body
                 return i++;
               }) >>
      graph.transform("t", {.queue = 8}, [](int i) { return i; }) >>
      graph.sink("eat", {.queue = 1, .run_on = RunOn::kOwnThreads}, [&](int) {
        while (!graph.cancelled()) std::this_thread::yield();
      });
  auto run = std::async(std::launch::async, [&] { graph.run(); });
  full.get_future().wait();
  const auto begin = std::chrono::steady_clock::now();
  graph.cancel();
  run.get();
  // The bar is for a loaded machine; alone it takes well under a millisecond.
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(500));
}

}  // namespace
}  // namespace forebay
