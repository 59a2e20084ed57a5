#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <mutex>
#include <string>
#include <tuple>

#include "helpers.hpp"

namespace forebay {
namespace {

using test::count_to;
using test::error_of;

TEST(Watchdog, EndsARunInWhichNobodyCanMoveAndSaysWhoWaitsForWhom) {
  Graph graph("pairs");
  auto join = graph.join<int, int>(
      "join", {.queue = 2}, [](const int& i) { return std::uint64_t(i); },
      [](const int& i) { return std::uint64_t(i + 100); });
  graph.source("left", count_to(50)) >> join.first;
  graph.source("right", count_to(50)) >> join.second;
  join.output >> graph.sink("eat", [](std::tuple<int, int>) {});
  EXPECT_EQ(error_of([&] { graph.run(); }),
            "graph 'pairs' makes no progress: every node waits for another\n"
            "  join: input from left holds 2/2; input from right holds 2/2; waits for another item "
            "than these\n"
            "  left: waits for room in join\n"
            "  right: waits for room in join\n"
            "  eat: input from join holds 0/16; waits for an item from join\n");
}

TEST(Watchdog, TellsOnceOfABodyThatTakesLong) {
  std::promise<std::string> told;
  GraphOptions options;
  options.stall_after = 0.01;
  options.on_stall = [&](const std::string& text) { told.set_value(text); };
  Graph graph("slow", options);
  std::string text;
  graph.source("s", count_to(1)) >> graph.sink("eat", {.run_on = RunOn::kOwnThreads},
                                               [&](int) { text = told.get_future().get(); });
  graph.run();
  EXPECT_THAT(text, testing::MatchesRegex("graph 'slow': no item was finished for [0-9]+ s\n"
                                          "  eat: 1 in the body; input from s holds 0/16;.*\n"));
}

}  // namespace
}  // namespace forebay
