#include <forebay/nodes/train/schedule.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include <forebay/graph/error.hpp>

namespace forebay {
namespace {

using testing::ElementsAre;

std::string error_of(auto&& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

std::string parse_error(std::string_view text) {
  return error_of([&] { parse_lr_step_epochs(text); });
}

TEST(ParseLrStepEpochs, ReadsEpochs) {
  const LrDecay decay = parse_lr_step_epochs("30, 60");
  EXPECT_EQ(decay.kind, LrDecay::Kind::kSteps);
  EXPECT_THAT(decay.epochs, ElementsAre(30, 60));
  EXPECT_THAT(parse_lr_step_epochs("7").epochs, ElementsAre(7));
}

TEST(ParseLrStepEpochs, ReadsPowersInEverySpelling) {
  for (const char* text : {"pow 2", "pow2", "pow-2", "pow - 2", " pow  2 "}) {
    EXPECT_EQ(parse_lr_step_epochs(text).kind, LrDecay::Kind::kPower) << text;
    EXPECT_DOUBLE_EQ(parse_lr_step_epochs(text).power, 2) << text;
  }
  EXPECT_DOUBLE_EQ(parse_lr_step_epochs("pow 0.5").power, 0.5);
}

TEST(ParseLrStepEpochs, ReadsCosineAndConstant) {
  EXPECT_EQ(parse_lr_step_epochs("cosine").kind, LrDecay::Kind::kCosine);
  EXPECT_EQ(parse_lr_step_epochs("").kind, LrDecay::Kind::kConstant);
}

TEST(ParseLrStepEpochs, SaysWhichPartIsWrong) {
  const std::string advice = "; give increasing epochs (\"30,60\"), \"pow 2\" or \"cosine\"";
  EXPECT_EQ(parse_error("30,x"),
            "--lr-step-epochs is \"30,x\": \"x\" is not a number of epochs" + advice);
  EXPECT_EQ(parse_error("30,"),
            "--lr-step-epochs is \"30,\": \"\" is not a number of epochs" + advice);
  EXPECT_EQ(parse_error("30,-1"),
            "--lr-step-epochs is \"30,-1\": \"-1\" is not a number of epochs" + advice);
  EXPECT_EQ(parse_error("60,30"), "--lr-step-epochs is \"60,30\": 30 comes after 60" + advice);
  EXPECT_EQ(parse_error("pow two"),
            "--lr-step-epochs is \"pow two\": \"two\" is not a power above 0" + advice);
  EXPECT_EQ(parse_error("pow"),
            "--lr-step-epochs is \"pow\": \"\" is not a power above 0" + advice);
  EXPECT_EQ(
      parse_error("99999999999"),
      "--lr-step-epochs is \"99999999999\": \"99999999999\" is not a number of epochs" + advice);
}

TEST(Schedule, StepsFallWhereTheirEpochsBegin) {
  const Schedule schedule({.lr = 0.4,
                           .decay = parse_lr_step_epochs("2,4"),
                           .factor = 0.5,
                           .epochs = 5,
                           .steps_per_epoch = 10});
  EXPECT_DOUBLE_EQ(schedule.at(0), 0.4);
  EXPECT_DOUBLE_EQ(schedule.at(19), 0.4);
  EXPECT_DOUBLE_EQ(schedule.at(20), 0.2);
  EXPECT_DOUBLE_EQ(schedule.at(39), 0.2);
  EXPECT_DOUBLE_EQ(schedule.at(40), 0.1);
  EXPECT_DOUBLE_EQ(schedule.at(1000), 0.1);
}

TEST(Schedule, AFactorOfOneTurnsStepsAndPowersOffAsInMxnet) {
  for (const char* text : {"1,2", "pow 2"}) {
    const Schedule schedule({.lr = 0.4,
                             .decay = parse_lr_step_epochs(text),
                             .factor = 1,
                             .epochs = 5,
                             .steps_per_epoch = 10});
    EXPECT_DOUBLE_EQ(schedule.at(49), 0.4) << text;
  }
}

TEST(Schedule, PowersFallToZeroAtTheEnd) {
  const Schedule schedule(
      {.lr = 1, .decay = parse_lr_step_epochs("pow 2"), .epochs = 2, .steps_per_epoch = 10});
  EXPECT_DOUBLE_EQ(schedule.at(0), 1);
  EXPECT_DOUBLE_EQ(schedule.at(10), 0.25);
  EXPECT_NEAR(schedule.at(19), 0.0025, 1e-15);
  EXPECT_DOUBLE_EQ(schedule.at(20), 0);
  EXPECT_DOUBLE_EQ(schedule.at(25), 0);
}

TEST(Schedule, CosineFallsToZeroAtTheEnd) {
  const Schedule schedule(
      {.lr = 2, .decay = parse_lr_step_epochs("cosine"), .epochs = 2, .steps_per_epoch = 10});
  EXPECT_DOUBLE_EQ(schedule.at(0), 2);
  EXPECT_DOUBLE_EQ(schedule.at(10), 1);
  EXPECT_NEAR(schedule.at(20), 0, 1e-15);
  // torch.optim.lr_scheduler.CosineAnnealingLR(T_max=20) after 7 steps of lr 2.
  EXPECT_NEAR(schedule.at(7), 1.4539904997395467, 1e-12);
}

TEST(Schedule, WarmUpRisesStepByStepThenDecayTakesTheStepsLeft) {
  const Schedule schedule({.lr = 1,
                           .decay = parse_lr_step_epochs("cosine"),
                           .epochs = 3,
                           .steps_per_epoch = 10,
                           .warmup_epochs = 1,
                           .warmup_start = 0.1});
  EXPECT_DOUBLE_EQ(schedule.at(0), 0.1);
  EXPECT_DOUBLE_EQ(schedule.at(5), 0.55);
  EXPECT_DOUBLE_EQ(schedule.at(9), 0.91);
  EXPECT_DOUBLE_EQ(schedule.at(10), 1);
  EXPECT_DOUBLE_EQ(schedule.at(20), 0.5);
}

TEST(Schedule, StepsCountTheirEpochsFromTheBeginningDespiteWarmUp) {
  const Schedule schedule({.lr = 1,
                           .decay = parse_lr_step_epochs("2"),
                           .epochs = 3,
                           .steps_per_epoch = 10,
                           .warmup_epochs = 0.5,
                           .warmup_start = 0});
  EXPECT_DOUBLE_EQ(schedule.at(0), 0);
  EXPECT_DOUBLE_EQ(schedule.at(4), 0.8);
  EXPECT_DOUBLE_EQ(schedule.at(5), 1);
  EXPECT_DOUBLE_EQ(schedule.at(19), 1);
  EXPECT_DOUBLE_EQ(schedule.at(20), 0.1);
}

TEST(Schedule, WarmUpAsLongAsTheRunDoesNotDivideByZero) {
  const Schedule schedule({.lr = 1,
                           .decay = parse_lr_step_epochs("cosine"),
                           .epochs = 1,
                           .steps_per_epoch = 10,
                           .warmup_epochs = 1});
  EXPECT_NEAR(schedule.at(10), 0, 1e-15);
}

TEST(Schedule, RefusesOptionsOutsideTheirRange) {
  const auto error = [](ScheduleOptions options) { return error_of([&] { Schedule{options}; }); };
  EXPECT_EQ(error({.lr = -1, .decay = {}}), "learning rate is -1; give 0 or more");
  EXPECT_EQ(error({.decay = {}, .factor = 0}), "learning rate factor is 0; give more than 0");
  EXPECT_EQ(error({.decay = {}, .epochs = 0}), "number of epochs is 0; give 1 or more");
  EXPECT_EQ(error({.decay = {}, .steps_per_epoch = 0}), "steps per epoch is 0; give 1 or more");
  EXPECT_EQ(error({.decay = {}, .warmup_epochs = -2}), "warm-up epochs is -2; give 0 or more");
  EXPECT_EQ(error({.decay = {}, .warmup_start = 2}),
            "warm-up start is 2; give a fraction from 0 to 1");
}

}  // namespace
}  // namespace forebay
