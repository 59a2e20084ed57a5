#include <common/training_cost.hpp>

#include <gtest/gtest.h>

namespace forebay {
namespace {

TEST(TrainingCostTest, SaysTimesInTheUnitsOneReads) {
  EXPECT_EQ(time_text(0.04), "0.0 s");
  EXPECT_EQ(time_text(59.9), "59.9 s");
  EXPECT_EQ(time_text(200), "3 min 20 s");
  EXPECT_EQ(time_text(3599.6), "1 h 00 min");
  EXPECT_EQ(time_text(180'000), "50 h 00 min");
}

TEST(TrainingCostTest, SaysMoneyWithAsManyDigitsAsMatter) {
  EXPECT_EQ(money_text(0), "$0.00");
  EXPECT_EQ(money_text(0.0042), "$0.0042");
  EXPECT_EQ(money_text(0.5), "$0.50");
  EXPECT_EQ(money_text(14.4), "$14.40");
  EXPECT_EQ(money_text(99.996), "$100");
  EXPECT_EQ(money_text(720), "$720");
  EXPECT_EQ(money_text(1'234'567.8), "$1,234,568");
}

TEST(TrainingCostTest, SaysTimeAndMoneyPerEpochForTheTrainingAndForHundredEpochs) {
  const TrainingPace pace{.images_per_second = 400, .images_per_epoch = 720'000, .epochs = 90};
  EXPECT_EQ(time_and_cost(pace, std::nullopt),
            "400.0 images/s; 30 min 00 s per epoch, 45 h 00 min for 90 epochs, 50 h 00 min for 100 "
            "epochs");
  EXPECT_EQ(time_and_cost(pace, 14.4),
            "400.0 images/s; 30 min 00 s ($7.20) per epoch, 45 h 00 min ($648) for 90 epochs, 50 h "
            "00 min ($720) for 100 epochs at $14.40 an hour");
}

TEST(TrainingCostTest, SaysHundredEpochsOnce) {
  EXPECT_EQ(time_and_cost({100, 200, 100}, std::nullopt),
            "100.0 images/s; 2.0 s per epoch, 3 min 20 s for 100 epochs");
  EXPECT_EQ(time_and_cost({100, 200, 0}, std::nullopt),
            "100.0 images/s; 2.0 s per epoch, 3 min 20 s for 100 epochs");
}

}  // namespace
}  // namespace forebay
