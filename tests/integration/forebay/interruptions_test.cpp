#include <forebay/interruptions.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace forebay {
namespace {

// One training as it may go: interruptions drawn one by one, work and restarts followed.
ExpectedTime one_training(double hours, const Interruptions& assumed, std::mt19937_64& random) {
  std::exponential_distribution<double> until_next(assumed.per_hour);
  ExpectedTime result;
  double saved = 0;  // hours of work in the last checkpoint
  double restart = 0;
  for (;;) {
    const double life = until_next(random);
    if (life >= restart + hours - saved) {
      result.hours += restart + hours - saved;
      return result;
    }
    const double work = std::max(0.0, life - restart);
    const double period = assumed.checkpoint_hours;
    saved = std::floor((saved + work) / period + 1e-9) * period;
    result.hours += life;
    result.interruptions += 1;
    restart = assumed.restart_hours;
  }
}

ExpectedTime mean_of_trainings(double hours, const Interruptions& assumed) {
  constexpr int kTrainings = 20'000;
  std::mt19937_64 random(1);
  ExpectedTime mean;
  for (int i = 0; i < kTrainings; ++i) {
    const ExpectedTime one = one_training(hours, assumed, random);
    mean.hours += one.hours / kTrainings;
    mean.interruptions += one.interruptions / kTrainings;
  }
  return mean;
}

TEST(InterruptionsTest, AreExpectedAsTrainingsGoOnAverage) {
  const Interruptions often{.per_hour = 0.5, .restart_hours = 0.25, .checkpoint_hours = 1};
  const Interruptions seldom{.per_hour = 0.05, .restart_hours = 1.0 / 6, .checkpoint_hours = 0.5};
  for (const Interruptions& assumed : {often, seldom}) {
    for (const double hours : {0.4, 7.3, 50.0}) {  // within a piece, and with a part of one left
      const ExpectedTime expected = expected_time(hours, assumed);
      const ExpectedTime mean = mean_of_trainings(hours, assumed);
      EXPECT_NEAR(expected.hours, mean.hours, 0.01 * mean.hours);
      EXPECT_NEAR(expected.interruptions, mean.interruptions, 0.03 * mean.interruptions + 0.005);
    }
  }
}

TEST(InterruptionsTest, CostHalfAPieceAndARestartEachWhereTheyAreFew) {
  const Interruptions assumed{.per_hour = 0.01, .restart_hours = 0.2, .checkpoint_hours = 0.6};
  const ExpectedTime expected = expected_time(60, assumed);
  EXPECT_NEAR(expected.hours, 60 * (1 + 0.01 * (0.2 + 0.6 / 2)), 0.002);
  EXPECT_NEAR(expected.interruptions, 0.01 * expected.hours, 1e-9);
}

TEST(InterruptionsTest, LeaveATrainingAsItIsWhereThereAreNone) {
  EXPECT_EQ(expected_time(50, {.per_hour = 0}).hours, 50);
  EXPECT_EQ(expected_time(50, {.per_hour = 0}).interruptions, 0);
}

TEST(InterruptionsTest, MakeATrainingEndlessThatNeverReachesACheckpoint) {
  const Interruptions hopeless{.per_hour = 1000, .restart_hours = 1, .checkpoint_hours = 1};
  EXPECT_TRUE(std::isinf(expected_time(50, hopeless).hours));
}

}  // namespace
}  // namespace forebay
