// Cycles: their credits are items put in before the run.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "helpers.hpp"

namespace forebay {
namespace {

using test::count_to;
using test::error_of;

/// Steps that each need the weights of an earlier one: items enter at a join with the feedback.
struct Loop {
  Graph graph;
  std::vector<std::tuple<int, int>> steps;  // item, the weights it got

  explicit Loop(int count, int threads, std::vector<int> first, bool tokens_on_first_input = false,
                std::function<bool(int)> enters = {}, std::function<bool(int)> survives = {})
      : graph("loop", {.threads = threads}) {
    const bool swapped = tokens_on_first_input;
    auto join = graph.join<int, int>("join", {.queue = 8});
    auto enter = graph.filter("enter", [enters](int i) { return !enters || enters(i); });
    auto step = graph.transform("step", [this, swapped, survives](std::tuple<int, int> pair) {
      const auto [a, b] = pair;
      const int item = swapped ? b : a, weights = swapped ? a : b;
      steps.emplace_back(item, weights);
      if (survives && !survives(item)) throw std::runtime_error("diverged");
      return weights + 1;
    });
    auto fork = graph.broadcast<int>("fork", {}, 2);
    graph.source("data", count_to(count)) >> enter >> (swapped ? join.second : join.first);
    join.output >> step >> fork.input;
    fork[0] >> graph.sink("log", [](int) {});
    graph.feedback(fork[1], swapped ? join.first : join.second, std::move(first));
  }
};

TEST(Feedback, OfOneItemMakesStepsStrictlyOneAfterTheOther) {
  for (int threads : {1, 2, 7}) {
    for (bool swapped : {false, true}) {
      Loop loop(300, threads, {0}, swapped);
      loop.graph.run();
      ASSERT_EQ(loop.steps.size(), 300u);
      for (int i = 0; i < 300; ++i) EXPECT_EQ(loop.steps[std::size_t(i)], std::tuple(i, i));
    }
  }
}

TEST(Feedback, TakesWhatComesBackWhateverItsBytes) {
  for (int threads : {1, 2, 7}) {
    Loop loop(20, threads, {0, 1000});
    loop.graph.set("join.queue_bytes", std::to_string(2 * sizeof(int)));
    loop.graph.set("fork.queue_bytes", std::to_string(sizeof(int)));
    loop.graph.run();
    EXPECT_EQ(loop.steps.size(), 20u);
  }
}

TEST(Feedback, OfSeveralItemsLetsThatManyStepsOverlap) {
  Loop loop(100, 4, {0, 1000, 2000});
  loop.graph.run();
  ASSERT_EQ(loop.steps.size(), 100u);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(loop.steps[std::size_t(i)], std::tuple(i, 1000 * (i % 3) + i / 3));
  }
}

TEST(Feedback, IsNotUsedUpByItemsDroppedBeforeTheCycle) {
  Loop loop(300, 2, {0}, false, [](int i) { return i % 5 == 0; });
  loop.graph.run();
  ASSERT_EQ(loop.steps.size(), 60u);
  for (int i = 0; i < 60; ++i) EXPECT_EQ(loop.steps[std::size_t(i)], std::tuple(5 * i, i));
}

TEST(Feedback, GoesOnWhateverIsDroppedBeforeTheCycle) {
  for (int threads : {1, 2, 3, 7}) {
    const int tokens = threads == 2 ? 3 : 1;
    Loop loop(100'000, threads, std::vector<int>(std::size_t(tokens), 0), threads == 3,
              [](int i) { return i % 100 == 57; });
    loop.graph.run();
    ASSERT_EQ(loop.steps.size(), 1000u);
    for (int i = 0; i < 1000; ++i) {
      EXPECT_EQ(loop.steps[std::size_t(i)], std::tuple(100 * i + 57, i / tokens));
    }
  }
}

TEST(Feedback, QueuesWhatComesBackInTheOrderOfTheStreamWhateverIsDoneFirst) {
  constexpr int kItems = 400, kTokens = 4;
  for (int threads : {1, 2, 3, 7}) {
    Graph graph("g", {.threads = threads});
    std::vector<int> tokens(kItems);
    auto join = graph.join<int, int>("join", {.queue = kTokens});
    auto fork = graph.broadcast<int>("fork", {}, 2);
    graph.source("data", count_to(kItems)) >> join.first;
    join.output >> graph.transform("work", {.concurrency = 4},
                                   [&](std::tuple<int, int> pair) {
                                     const auto [item, token] = pair;
                                     tokens[std::size_t(item)] = token;
                                     for (int i = item % 4; i > 0; --i) std::this_thread::yield();
                                     return item;
                                   }) >>
        fork.input;
    fork[0] >> graph.sink("eat", [](int) {});
    graph.feedback(fork[1], join.second, {-4, -3, -2, -1});
    graph.run();
    for (int i = 0; i < kItems; ++i) EXPECT_EQ(tokens[std::size_t(i)], i - kTokens);
  }
}

TEST(Feedback, OfMoreItemsThanItHasPlacesEndsTheRun) {
  Graph graph("g", {.threads = 2});
  auto join = graph.join<int, int>("join", {.queue = 3});
  auto twice = graph.expand("twice", {}, [](std::tuple<int, int>) { return std::vector{1, 2}; });
  auto fork = graph.broadcast<int>("fork", {}, 2);
  graph.source("data", count_to(100)) >> join.first;
  join.output >> twice >> fork.input;
  fork[0] >> graph.sink("eat", [](int) {});
  graph.feedback(fork[1], join.second, {0});
  EXPECT_EQ(error_of([&] { graph.run(); }),
            "the feedback edge from fork to join holds 3 items and more come back; raise "
            "join.queue, or send no more round the cycle than it begins with");
}

TEST(Feedback, ThatLosesItsItemIsFoundOutAndNamed) {
  Loop loop(10, 2, {0}, false, {}, [](int i) { return i != 3; });
  loop.graph.set("step.on_error", "skip");
  EXPECT_EQ(error_of([&] { loop.graph.run(); }),
            "graph 'loop' makes no progress: every node waits for another\n"
            "  join: input from enter holds 6/8; input from fork holds 0/8; waits for an item from "
            "fork\n"
            "  step: input from join holds 0/16; waits for an item from join\n"
            "  fork: input from step holds 0/16; waits for an item from step\n"
            "  log: input from fork holds 0/16; waits for an item from fork\n");
}

TEST(Feedback, HoldsBackSourcesToTheNumberOfItsItems) {
  Graph graph("g", {.threads = 4});
  std::atomic<int> inside{0}, most{0};
  auto join = graph.join<int, int>("join");
  auto fork = graph.broadcast<int>("fork", {}, 2);
  graph.source("data", count_to(500)) >> join.first;
  join.output >> graph.transform("in",
                                 [&](std::tuple<int, int>) {
                                   const int now = ++inside;
                                   if (now > most) most = now;
                                   return 0;
                                 }) >>
      graph.transform("work", {.concurrency = 4}, [](int i) { return i; }) >>
      graph.transform("out",
                      [&](int i) {
                        --inside;
                        return i;
                      }) >>
      fork.input;
  fork[0] >> graph.sink("eat", [](int) {});
  graph.feedback(fork[1], join.second, {0, 0});
  graph.run();
  EXPECT_LE(most, 2);
}

}  // namespace
}  // namespace forebay
