// Windows cut out of snapshots made by hand.

#include <gtest/gtest.h>

#include <forebay/graph/tune/tune_window.hpp>

namespace forebay {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

/// read -> save, after so many seconds, with so many items saved.
GraphSnapshot at(double seconds, std::uint64_t saved, std::size_t workers = 1) {
  GraphSnapshot graph;
  graph.name = "test";
  graph.time = static_cast<std::int64_t>(seconds * kSecond);
  graph.elapsed = graph.time;
  NodeSnapshot read, save;
  read.name = "read";
  read.outputs = {"save"};
  read.items_out = saved + 5;
  save.name = "save";
  save.concurrency = workers;
  save.items_in = saved;
  save.inputs = {{.from = "read", .capacity = 16}};
  graph.nodes = {read, save};
  return graph;
}

const TuneWindowOptions kOptions{
    .settle = 1, .seconds = 2, .ends = 4, .long_seconds = 20, .few_ends = 2, .settle_ends = 1};

TEST(TuneWindow, BeginsAndEndsAsAnItemComesToTheEnd) {
  TuneWindow window(kOptions);
  EXPECT_FALSE(window.add(at(0, 0)));
  EXPECT_FALSE(window.add(at(1.1, 1)));  // begins
  EXPECT_FALSE(window.add(at(2.0, 3)));
  EXPECT_FALSE(window.add(at(3.0, 5)));
  EXPECT_FALSE(window.add(at(3.3, 5)));  // long enough, but nothing has just come
  const auto seen = window.add(at(3.5, 6));
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->node("save").items_in, 5u);
  EXPECT_NEAR(static_cast<double>(seen->elapsed) / kSecond, 2.4, 1e-6);
}

TEST(TuneWindow, TheNextBeginsWhereOneHasEnded) {
  TuneWindow window(kOptions);
  window.add(at(0, 0));
  window.add(at(1.1, 1));
  ASSERT_TRUE(window.add(at(3.5, 6)));
  EXPECT_FALSE(window.add(at(4, 20)));
  const auto seen = window.add(at(5.5, 30));
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->node("save").items_in, 24u);
}

TEST(TuneWindow, IsNeverAcrossAChangeOfSettings) {
  TuneWindow window(kOptions);
  window.add(at(0, 0));
  window.add(at(1.1, 1));
  EXPECT_FALSE(window.add(at(3.5, 6, /*workers=*/2)));
  EXPECT_FALSE(window.add(at(3.6, 7, 2)));  // not settled yet
  EXPECT_FALSE(window.add(at(4.6, 9, 2)));  // begins
  const auto seen = window.add(at(6.7, 19, 2));
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->node("save").items_in, 10u);
}

TEST(TuneWindow, IsContentWithFewItemsThatTakeLong) {
  TuneWindow window(kOptions);
  window.add(at(0, 0));
  window.add(at(9, 1));
  EXPECT_FALSE(window.add(at(18, 2)));
  EXPECT_FALSE(window.add(at(27, 3)));
  EXPECT_TRUE(window.add(at(36, 4)));
}

TEST(TuneWindow, DoesNotCountTheEndOfARun) {
  TuneWindow window(kOptions);
  window.add(at(0, 0));
  window.add(at(1.1, 1));
  GraphSnapshot draining = at(3.5, 6);
  draining.nodes[0].ended = true;
  EXPECT_FALSE(window.add(draining));
}

TEST(TuneWindow, BeginsAnewWithAnotherRun) {
  TuneWindow window(kOptions);
  window.add(at(0, 0));
  window.add(at(1.1, 1));
  window.restart();
  EXPECT_FALSE(window.add(at(3.5, 0)));
  EXPECT_FALSE(window.add(at(5.6, 8)));  // begins
  EXPECT_TRUE(window.add(at(8, 18)));
}

}  // namespace
}  // namespace forebay
