// When a verdict is looked for, in made-up time.

#include <forebay/graph/inspect/verdict_watch.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include <forebay/graph/simulate/simulate.hpp>

#include "../diagnose/models.hpp"
#include "snapshots.hpp"

namespace forebay::detail {
namespace {

// The process's report after a simulated run of a graph in which `slow` takes longest.
Report report_of(const std::string& slow, const std::string& last = "save") {
  const Model model = test::chain({{"read", 0.1},
                                   {"decode", slow == "decode" ? 10.0 : 0.1, 4},
                                   {"resize", slow == "resize" ? 10.0 : 0.1, 4},
                                   {last, 0.1}});
  Report report;
  report.process.pid = 12;
  report.run = {"chain", 3, true, 0};
  report.graph = simulate(model).snapshot;
  report.graph.threads = model.threads;
  report.host.cpus_usable = 1000;  // a verdict a second would cost too little to wait
  return report;
}

TEST(VerdictWatchTest, SaysNothingOfAShortRun) {
  VerdictWatch watch;
  Report report = report_of("decode");
  report.graph.elapsed = 1'900'000'000;
  watch.add(report);
  EXPECT_FALSE(watch.verdict(report, 1000));
}

TEST(VerdictWatchTest, KeepsAVerdictForTenSeconds) {
  VerdictWatch watch;
  const Report decode = report_of("decode"), resize = report_of("resize");
  ASSERT_TRUE(watch.verdict(decode, 1000));
  EXPECT_EQ(watch.verdict(resize, 1009)->verdict.bound.node, "decode");
  EXPECT_EQ(watch.verdict(resize, 1011)->verdict.bound.node, "resize");
  EXPECT_EQ(watch.verdict(resize, 1012)->time, 1011);
}

TEST(VerdictWatchTest, KnowsGraphsOfOtherNodesApart) {
  VerdictWatch watch;
  ASSERT_TRUE(watch.verdict(report_of("decode"), 1000));
  EXPECT_EQ(watch.verdict(report_of("resize", "send"), 1001)->verdict.bound.node, "resize");
  EXPECT_EQ(watch.verdict(report_of("resize"), 1002)->verdict.bound.node, "decode");
}

TEST(VerdictWatchTest, LetsNoOtherThreadWait) {
  VerdictWatch watch;
  const Report report = report_of("decode");
  std::atomic<int> found = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] { found += watch.verdict(report, 1000 + i * 0.001).has_value(); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_GE(found, 1);  // the others had none yet, or that one
  EXPECT_TRUE(watch.verdict(report, 1001));
}

TEST(VerdictWatchTest, KeepsItLongerWhereAThousandthOfTheCoresIsLittle) {
  VerdictWatch watch;
  Report report = report_of("decode");
  report.host.cpus_usable = 1;
  ASSERT_TRUE(watch.verdict(report, 1000));
  const double cost = watch.verdict(report, 1000)->cost;
  EXPECT_DOUBLE_EQ(verdict_rest(cost, report), 1000 * cost);
  EXPECT_EQ(watch.verdict(report, 1000 + 999 * cost)->time, 1000);
  EXPECT_GT(watch.verdict(report, 1010 + 1001 * cost)->time, 1000);
}

}  // namespace
}  // namespace forebay::detail
