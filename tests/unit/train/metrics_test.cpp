#include <forebay/nodes/train/metrics.hpp>

#include <gtest/gtest.h>

namespace forebay {
namespace {

TEST(Metrics, AreFractionsOfRows) {
  const StepResult result{.loss_sum = 6, .top1 = 1, .top5 = 3, .rows = 4};
  EXPECT_DOUBLE_EQ(accuracy(result), 0.25);
  EXPECT_DOUBLE_EQ(top5_accuracy(result), 0.75);
  EXPECT_DOUBLE_EQ(mean_loss(result), 1.5);
}

TEST(Metrics, AreZeroWithoutRows) {
  EXPECT_EQ(accuracy({}), 0);
  EXPECT_EQ(top5_accuracy({}), 0);
  EXPECT_EQ(mean_loss({}), 0);
}

TEST(Metrics, WindowRestartsAtEachLineAndTheEpochSumsAllWindows) {
  EpochMetrics metrics;
  metrics.add({.loss_sum = 1, .top1 = 1, .top5 = 2, .rows = 4});
  metrics.add({.loss_sum = 2, .top1 = 2, .top5 = 3, .rows = 4});
  EXPECT_EQ(metrics.take_window().rows, 8u);
  metrics.add({.loss_sum = 4, .top1 = 4, .top5 = 4, .rows = 4});
  EXPECT_EQ(metrics.take_window().top1, 4u);
  metrics.add({.loss_sum = 8, .top1 = 0, .top5 = 0, .rows = 2});

  const StepResult epoch = metrics.take_epoch();
  EXPECT_DOUBLE_EQ(epoch.loss_sum, 15);
  EXPECT_EQ(epoch.top1, 7u);
  EXPECT_EQ(epoch.top5, 9u);
  EXPECT_EQ(epoch.rows, 14u);
  EXPECT_EQ(metrics.take_window().rows, 0u);
  EXPECT_EQ(metrics.take_epoch().rows, 0u);
}

}  // namespace
}  // namespace forebay
