#include <common/training_plan.hpp>

#include <gtest/gtest.h>

namespace forebay {
namespace {

TEST(TrainingPlanTest, IsReadFromTheProgressThatTellsIt) {
  const std::vector<ProgressFacts> progress{
      {"epoch 3 of 90", 10, 1000, "images", {{"loss", 2.5}}},
      {"training", 2010, 90'000, "images", plan_figures(90, 14.4)}};
  const auto plan = training_plan(progress);
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->epochs, 90);
  EXPECT_EQ(plan->images_per_epoch, 1000);
  EXPECT_EQ(plan->price_per_hour, 14.4);
}

TEST(TrainingPlanTest, MayHaveNoPrice) {
  const auto plan = training_plan({{"training", 0, 100, "images", plan_figures(2, std::nullopt)}});
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->price_per_hour, std::nullopt);
}

TEST(TrainingPlanTest, IsNotMadeUpFromProgressWithoutSense) {
  EXPECT_FALSE(training_plan({}));
  EXPECT_FALSE(training_plan({{"epoch 1 of 2", 10, 1000, "images"}}));
  EXPECT_FALSE(training_plan({{"training", 0, 0, "images", plan_figures(2, 1)}}));
  EXPECT_FALSE(training_plan({{"training", 0, 100, "images", plan_figures(0, 1)}}));
}

}  // namespace
}  // namespace forebay
