// The verdict on a graph of another process, as an inspector of it comes to it: through JSON.

#include <forebay/graph/inspect/verdict.hpp>

#include <gtest/gtest.h>

#include <string>

#include <forebay/graph/simulate/simulate.hpp>
#include <support/error_of.hpp>

#include "../diagnose/models.hpp"

namespace forebay {
namespace {

using test::chain;
using test::error_of;

// The process's report after a simulated run, with nothing before.
Report report_of(const Model& model) {
  Report report;
  report.process.pid = 12;
  report.run = {"chain", 3, true, 0};
  report.graph = simulate(model).snapshot;
  report.graph.threads = model.threads;
  report.roles.samples = "images";
  report.host.cpus_usable = model.cores;
  return report_from_json(to_json(report));
}

TEST(VerdictOfReports, IsThatOfTheGraphInItsOwnProcess) {
  const Model model = chain({{"read", 0.1}, {"decode", 10, 4}, {"save", 0.1}});
  const Report later = report_of(model);
  const Verdict verdict = diagnose(at_begin(later), later);
  EXPECT_EQ(verdict.bound, (Bound{Limit::kConcurrency, "decode"}));
  EXPECT_NEAR(verdict.samples_per_second, 400, 20);
  EXPECT_TRUE(describe(verdict, later).find("images/s") != std::string::npos);
}

TEST(VerdictOfReports, KnowsTheDevicesThatTheProcessNames) {
  const Model model = chain({{"read", 0.1}, {"step[0]", 10}, {"log", 0.1}});
  Report later = report_of(model);
  EXPECT_NE(diagnose(at_begin(later), later).bound.limit, Limit::kDevice);
  later.roles.devices = {"step[0]"};
  EXPECT_EQ(diagnose(at_begin(later), later).bound, (Bound{Limit::kDevice, "step[0]"}));
}

TEST(VerdictOfReports, TakesCoresAndThreadsFromTheProcess) {
  Report report;
  report.host.cpus_usable = 1.5;
  report.graph.threads = 3;
  EXPECT_EQ(machine_of(report).cores, 1.5);
  EXPECT_EQ(machine_of(report).threads, 3u);
  EXPECT_EQ(machine_of(Report{}).cores, 1) << "a host that could not be read";
}

TEST(VerdictOfReports, RefusesReportsOfTwoRuns) {
  const Report later = report_of(chain({{"read", 1}, {"save", 1}}));
  Report other = at_begin(later);
  other.run.number = 2;
  EXPECT_EQ(error_of([&] { diagnose(other, later); }),
            "the reports are of two runs, chain and chain; give two of one run");
}

}  // namespace
}  // namespace forebay
