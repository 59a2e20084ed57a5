#include <train_imagenet/report.hpp>

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include <forebay/graph/simulate/simulate.hpp>

#include "../../unit/diagnose/models.hpp"

namespace forebay {
namespace {

/// An epoch of 3200 images in which two workers decode, in 10 ms each; devices could do five times
/// that.
SessionResult session() {
  using test::add;
  Model model = test::chain({{"read", 0.1},
                             {"decode", 10, 2},
                             {"batch", 0, 1, 16, 1, Passing::kCollect, 1.0 / 16},
                             {"forward-backward[0]", 16, 1, 1}});
  SessionResult result;
  result.machine = {.cores = 8, .devices = {"forward-backward[0]"}};
  result.last_epoch = simulate(model, {.samples = 3200}).snapshot;
  result.images = 3200;
  result.seconds = 1;
  return result;
}

TEST(ReportTest, SaysUnderTheTableWhatLimitedTheLastEpoch) {
  const std::string text = report(session(), std::nullopt);
  const auto table = text.find("forward-backward[0]");
  const auto verdict = text.find("\n\ndecode limits the run: all 2 workers busy");
  const auto pace = text.find(" per epoch");
  ASSERT_NE(verdict, std::string::npos) << text;
  EXPECT_LT(table, verdict) << text;
  EXPECT_LT(verdict, pace) << text;
  EXPECT_NE(text.find("decode.concurrency 2 → 10 gives about 1,000 images/s"), std::string::npos)
      << text;
}

TEST(ReportTest, SaysNothingOfAnEpochTooShortToSay) {
  SessionResult two_steps = session();
  two_steps.last_epoch.nodes.back().items_in = 2;
  const std::string text = report(two_steps, std::nullopt);
  EXPECT_NE(text.find("Where the time went"), std::string::npos);
  EXPECT_EQ(text.find("limit"), std::string::npos) << text;
  EXPECT_EQ(text.find("too little"), std::string::npos) << text;
}

}  // namespace
}  // namespace forebay
