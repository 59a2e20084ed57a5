#include <forebay/nodes/train/schedule.hpp>

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include <forebay/graph/error.hpp>
#include <support/error_of.hpp>

namespace forebay {
namespace {

using test::error_of;

LrDecay steps(std::vector<int> epochs) {
  return {.kind = LrDecay::Kind::kSteps, .epochs = std::move(epochs), .power = 0};
}

LrDecay power(double exponent) {
  return {.kind = LrDecay::Kind::kPower, .epochs = {}, .power = exponent};
}

LrDecay cosine() { return {.kind = LrDecay::Kind::kCosine, .epochs = {}, .power = 0}; }

TEST(Schedule, StepsFallWhereTheirEpochsBegin) {
  const Schedule schedule(
      {.lr = 0.4, .decay = steps({2, 4}), .factor = 0.5, .epochs = 5, .steps_per_epoch = 10});
  EXPECT_DOUBLE_EQ(schedule.at(0), 0.4);
  EXPECT_DOUBLE_EQ(schedule.at(19), 0.4);
  EXPECT_DOUBLE_EQ(schedule.at(20), 0.2);
  EXPECT_DOUBLE_EQ(schedule.at(39), 0.2);
  EXPECT_DOUBLE_EQ(schedule.at(40), 0.1);
  EXPECT_DOUBLE_EQ(schedule.at(1000), 0.1);
}

TEST(Schedule, AFactorOfOneTurnsStepsAndPowersOffAsInMxnet) {
  for (const LrDecay& decay : {steps({1, 2}), power(2)}) {
    const Schedule schedule(
        {.lr = 0.4, .decay = decay, .factor = 1, .epochs = 5, .steps_per_epoch = 10});
    EXPECT_DOUBLE_EQ(schedule.at(49), 0.4);
  }
}

TEST(Schedule, PowersFallToZeroAtTheEnd) {
  const Schedule schedule({.lr = 1, .decay = power(2), .epochs = 2, .steps_per_epoch = 10});
  EXPECT_DOUBLE_EQ(schedule.at(0), 1);
  EXPECT_DOUBLE_EQ(schedule.at(10), 0.25);
  EXPECT_NEAR(schedule.at(19), 0.0025, 1e-15);
  EXPECT_DOUBLE_EQ(schedule.at(20), 0);
  EXPECT_DOUBLE_EQ(schedule.at(25), 0);
}

TEST(Schedule, CosineFallsToZeroAtTheEnd) {
  const Schedule schedule({.lr = 2, .decay = cosine(), .epochs = 2, .steps_per_epoch = 10});
  EXPECT_DOUBLE_EQ(schedule.at(0), 2);
  EXPECT_DOUBLE_EQ(schedule.at(10), 1);
  EXPECT_NEAR(schedule.at(20), 0, 1e-15);
  // torch.optim.lr_scheduler.CosineAnnealingLR(T_max=20) after 7 steps of lr 2.
  EXPECT_NEAR(schedule.at(7), 1.4539904997395467, 1e-12);
}

TEST(Schedule, WarmUpRisesStepByStepThenDecayTakesTheStepsLeft) {
  const Schedule schedule({.lr = 1,
                           .decay = cosine(),
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
                           .decay = steps({2}),
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
  const Schedule schedule(
      {.lr = 1, .decay = cosine(), .epochs = 1, .steps_per_epoch = 10, .warmup_epochs = 1});
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
