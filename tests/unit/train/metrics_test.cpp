#include <forebay/nodes/train/metrics.hpp>

#include <gtest/gtest.h>

namespace forebay {
namespace {

TEST(Metrics, AreFractionsOfRows) {
  const StepResult result{.loss_sum = 6, .cross_entropy_sum = 3, .top1 = 1, .top5 = 3, .rows = 4};
  EXPECT_DOUBLE_EQ(accuracy(result), 0.25);
  EXPECT_DOUBLE_EQ(top5_accuracy(result), 0.75);
  EXPECT_DOUBLE_EQ(mean_loss(result), 1.5);
  EXPECT_DOUBLE_EQ(mean_cross_entropy(result), 0.75);
}

TEST(Metrics, AreZeroWithoutRows) {
  EXPECT_EQ(accuracy({}), 0);
  EXPECT_EQ(top5_accuracy({}), 0);
  EXPECT_EQ(mean_loss({}), 0);
  EXPECT_EQ(mean_cross_entropy({}), 0);
}

}  // namespace
}  // namespace forebay
