// forebay cost: what it prints, and what it cannot be asked.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <latch>
#include <string>
#include <thread>

#include <unistd.h>

#include <common/training_plan.hpp>
#include <forebay/cost_table.hpp>
#include <forebay/graph/graph.hpp>
#include <forebay/graph/inspect/facts.hpp>

#include "outcome.hpp"
#include "support/temporary_folder.hpp"

namespace forebay {
namespace {

using test::Outcome;
using test::outcome_of;
using test::TemporaryFolder;

TEST(CostTest, FiftyHoursOnAP216xlargeAre720DollarsOnDemandAnd80OnSpotInstances) {
  const Outcome outcome = outcome_of({"cost", "--hours", "50"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.err, "");
  EXPECT_EQ(outcome.out.substr(outcome.out.find("\n\n")),
            R"(

region     zone  per hour   spot  saving  training  on spot  interrupted
us-east-1  any     $14.40  $1.60    89 %      $720   $80.00       $81.69

Interrupted: on spot instances the training of 50 h 00 min takes 51 h 03 min with 2.6 interruptions,
at 0.05 an hour (--interruptions-per-hour), 10 min 00 s to start again (--restart-minutes) and a
checkpoint every 30 min 00 s (--checkpoint-minutes), since which the work is lost.
)");
}

TEST(CostTest, MarksWhatIsCheapestInTheEnd) {
  const std::vector<Price> prices{{"eu-west-1", "eu-west-1a", 10.0, 6.0},
                                  {"us-east-1", "", 4.0, {}},
                                  {"us-west-1", "us-west-1b", {}, 3.5}};
  const Interruptions often{.per_hour = 1, .restart_hours = 1, .checkpoint_hours = 1};
  const std::string seldom = cost_table(prices, 10, {.per_hour = 0});
  EXPECT_EQ(seldom.substr(0, seldom.find("\n\n") + 1),
            R"(region     zone        per hour   spot  saving  training  on spot  interrupted
eu-west-1  eu-west-1a    $10.00  $6.00    40 %      $100   $60.00       $60.00
us-east-1  any            $4.00      -       -    $40.00        -            -
us-west-1  us-west-1b         -  $3.50       -         -   $35.00       $35.00  ◄ cheapest
)");
  EXPECT_NE(cost_table(prices, 10, often).find("$40.00        -            -  ◄ cheapest"),
            std::string::npos);
}

TEST(CostTest, SaysThatATrainingThatCannotReachACheckpointNeverEnds) {
  const std::string text =
      cost_table({{"us-east-1", "", 4.0, 1.0}}, 10,
                 {.per_hour = 1000, .restart_hours = 1, .checkpoint_hours = 1});
  EXPECT_NE(text.find("never ends\n"), std::string::npos);
  EXPECT_NE(text.find("of 10 h 00 min never ends,"), std::string::npos);
}

TEST(CostTest, TakesEpochsOfImagesAtARate) {
  const Outcome outcome = outcome_of({"cost", "--rate", "400", "--images", "720000", "--epochs",
                                      "90", "--price-per-hour", "14.4"});
  EXPECT_EQ(
      outcome.out,
      R"(400.0 images/s; 30 min 00 s per epoch, 45 h 00 min for 90 epochs, 50 h 00 min for 100 epochs

region    zone  per hour  spot  saving  training  on spot  interrupted
as given  any     $14.40     -       -      $648        -            -
)");
}

TEST(CostTest, MergesFilesAndKeepsARegion) {
  const TemporaryFolder folder;
  std::ofstream(folder / "spot.json")
      << R"({"SpotPriceHistory": [{"InstanceType": "p9.large", "AvailabilityZone": "us-east-1a",
             "SpotPrice": "2", "ProductDescription": "Linux/UNIX", "Timestamp": "2026-11-24"}]})";
  std::ofstream(folder / "vms.csv") << "InstanceType,Price,Region\np9.large,10,us-east-1\n"
                                       "p9.large,11,eu-west-1\n";
  const Outcome outcome = outcome_of({"cost", "--hours", "10", "--instance", "p9.large", "--region",
                                      "us-east-1", "--interruptions-per-hour", "0", "--prices",
                                      folder / "spot.json" + "," + folder.path() + "/vms.csv"});
  EXPECT_EQ(outcome.err, "");
  EXPECT_NE(
      outcome.out.find("us-east-1  us-east-1a    $10.00  $2.00    80 %      $100   $20.00       "
                       "$20.00\n"),
      std::string::npos)
      << outcome.out;
  EXPECT_EQ(outcome.out.find("eu-west-1"), std::string::npos);
}

TEST(CostTest, MeasuresARunningGraph) {
  Graph graph("measured");
  std::latch half(500), go_on(1);
  const auto count = graph.source(
      "count", [i = 0]() mutable { return i < 1000 ? std::optional(i++) : std::nullopt; });
  const auto wait = graph.sink("wait", {.run_on = RunOn::kOwnThreads}, [&, n = 0](int) mutable {
    if (n++ < 500) half.count_down();
    if (n > 500) go_on.wait();
  });
  count >> wait;
  std::jthread run([&] { graph.run(); });
  half.wait();
  const std::string pid = std::to_string(getpid());
  const Outcome outcome = outcome_of({"cost", pid});
  const auto plan = publish_progress([] {
    return ProgressFacts{"training", 0, 2000, "images", plan_figures(2, 3.5)};
  });
  const Outcome planned = outcome_of({"cost", pid});
  const Outcome longer = outcome_of({"cost", pid, "--epochs", "3", "--price-per-hour", "4"});
  go_on.count_down();
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_TRUE(outcome.out.starts_with("measured (" + pid + "): ")) << outcome.out;
  EXPECT_NE(outcome.out.find(" images/s; "), std::string::npos);
  EXPECT_NE(outcome.out.find(" for 100 epochs"), std::string::npos);
  EXPECT_NE(planned.out.find(" for 2 epochs"), std::string::npos) << planned.out;
  EXPECT_NE(planned.out.find("\nits own  any      $3.50 "), std::string::npos) << planned.out;
  EXPECT_NE(longer.out.find(" for 3 epochs"), std::string::npos) << longer.out;
  EXPECT_NE(longer.out.find("\nas given  any      $4.00 "), std::string::npos) << longer.out;
}

TEST(CostTest, DoesNotTakeValidationForTraining) {
  Graph graph("validation");
  std::latch read(1), go_on(1);
  graph.source("read", [i = 0]() mutable { return i++ < 1 ? std::optional(i) : std::nullopt; }) >>
      graph.sink("evaluate[0]", {.run_on = RunOn::kOwnThreads}, [&](int) {
        read.count_down();
        go_on.wait();
      });
  std::jthread run([&] { graph.run(); });
  read.wait();
  const std::string pid = std::to_string(getpid());
  const Outcome outcome = outcome_of({"cost", pid});
  go_on.count_down();
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(outcome.err, "forebay: validation (" + pid +
                             ") does not train, it validates; ask again later, or give --rate\n");
}

TEST(CostTest, RefusesWhatDoesNotGoTogether) {
  const auto refused = [](std::vector<std::string> flags) {
    flags.insert(flags.begin(), "cost");
    const Outcome outcome = outcome_of(flags);
    EXPECT_EQ(outcome.code, 2) << outcome.out;
    EXPECT_EQ(outcome.out, "");
    return outcome.err;
  };
  EXPECT_EQ(refused({"--hours", "50", "--rate", "400"}),
            "forebay: --hours and --rate do not go together; leave out one\n");
  EXPECT_EQ(refused({"train_imagenet", "--hours", "50"}),
            "forebay: --hours and a running graph (train_imagenet) do not go together; leave out "
            "one\n");
  EXPECT_EQ(refused({"--hours", "0"}), "forebay: --hours is '0'; give a number above 0\n");
  EXPECT_EQ(refused({"--hours", "50", "--instance", "p3.2xlarge"}),
            "forebay: the price of a p3.2xlarge is not built in, only that of a p2.16xlarge; give "
            "--prices FILE or --price-per-hour DOLLARS\n");
  EXPECT_EQ(refused({"--hours", "50", "--prices", "vms.csv"}),
            "forebay: --prices needs --instance TYPE, e.g. --instance p3.2xlarge\n");
  EXPECT_EQ(refused({"--hours", "50", "--prices", "vms.csv", "--price-per-hour", "1"}),
            "forebay: --prices and --price-per-hour do not go together; leave out one\n");
  EXPECT_EQ(refused({"--hours", "50", "--region", "eu-west-1"}),
            "forebay: --region is 'eu-west-1', of which there is no price; there are us-east-1\n");
  EXPECT_EQ(refused({"--hours", "50", "--interruptions-per-hour", "-1"}),
            "forebay: --interruptions-per-hour is '-1'; give a number, 0 or more\n");
}

TEST(CostTest, NeedsASpeedWhereNothingRuns) {
  const Outcome outcome = outcome_of({"cost", "no-such-graph"});
  EXPECT_EQ(outcome.code, 1);
  // What it says depends on what else runs on the machine.
  EXPECT_THAT(outcome.err, testing::AnyOf(testing::HasSubstr("no graph or program 'no-such-graph'"),
                                          testing::HasSubstr("runs a graph")));
}

}  // namespace
}  // namespace forebay
