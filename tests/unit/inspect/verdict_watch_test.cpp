// When a verdict is looked for, in made-up time.

#include <forebay/graph/inspect/verdict_watch.hpp>

#include <gtest/gtest.h>

#include <forebay/graph/simulate/simulate.hpp>

#include "../diagnose/models.hpp"
#include "snapshots.hpp"

namespace forebay::detail {
namespace {

// The process's report after a simulated run in which `slow` takes longest.
Report report_of(const std::string& slow) {
  const Model model = test::chain({{"read", 0.1}, {slow, 10, 4}, {"save", 0.1}});
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
