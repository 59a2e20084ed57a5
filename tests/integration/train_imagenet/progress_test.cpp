#include <train_imagenet/progress.hpp>

#include <gtest/gtest.h>

namespace forebay {
namespace {

class ProgressLineTest : public testing::Test {
 protected:
  // After `seconds` at 100 images/s, in an epoch of 10,000.
  Progress after(double seconds) {
    now_ = 1000 + seconds;
    return {.epoch = 2,
            .epochs = 10,
            .images = static_cast<std::int64_t>(100 * seconds),
            .images_per_epoch = 10'000,
            .loss = 2.3456,
            .accuracy = 0.4512};
  }

  double now_ = 1000;
  std::size_t width_ = 120;
  ProgressLine line_{[this] { return now_; }, [this] { return width_; }};
};

TEST_F(ProgressLineTest, ShowsWhereTheRunIsAndWhenItEnds) {
  line_.update(after(0));
  EXPECT_EQ(line_.update(after(20)),
            "Epoch 3/10   20 %  100.0 images/s  epoch ends in 1:20  run in 13:00  accuracy 0.4512  "
            "loss 2.3456");
}

TEST_F(ProgressLineTest, ShowsNoSpeedBeforeItHasMeasuredOne) {
  EXPECT_EQ(line_.update(after(0)), "Epoch 3/10    0 %  accuracy 0.4512  loss 2.3456");
}

TEST_F(ProgressLineTest, IsDrawnAtMostTenTimesASecond) {
  EXPECT_TRUE(line_.update(after(0)).has_value());
  EXPECT_FALSE(line_.update(after(0.09)).has_value());
  EXPECT_TRUE(line_.update(after(0.11)).has_value());
  EXPECT_FALSE(line_.update(after(0.20)).has_value());
  EXPECT_TRUE(line_.update(after(0.22)).has_value());
}

TEST_F(ProgressLineTest, LeavesOutWhatDoesNotFit) {
  width_ = 60;
  line_.update(after(0));
  const auto line = line_.update(after(20));
  EXPECT_EQ(line, "Epoch 3/10   20 %  100.0 images/s  epoch ends in 1:20");
  width_ = 5;
  EXPECT_EQ(line_.update(after(30)), "");
}

TEST_F(ProgressLineTest, SaysWhenALongRunEndsIn80Columns) {
  width_ = 80;
  const auto hours_later = [&](double seconds) {
    Progress progress = after(seconds);
    progress.epoch = 88;
    progress.epochs = 100;
    progress.images_per_epoch = 1'281'167;
    return progress;
  };
  line_.update(hours_later(0));
  EXPECT_EQ(line_.update(hours_later(20)),
            "Epoch 89/100    0 %  100.0 images/s  epoch ends in 3:33:12  run in 42:42:00");
}

TEST_F(ProgressLineTest, KeepsTheSpeedOverValidation) {
  line_.update(after(0));
  line_.update(after(20));
  auto validation = after(21);
  validation.phase = "Validation";
  validation.images = 0;
  width_ = 40;
  EXPECT_EQ(line_.update(validation), "Validation 3/10    0 %  100.0 images/s");
}

TEST_F(ProgressLineTest, FollowsAChangeOfSpeed) {
  line_.update(after(0));
  line_.update(after(20));
  auto stalled = after(20);
  now_ += 100;
  width_ = 40;
  EXPECT_EQ(line_.update(stalled), "Epoch 3/10   20 %  0.0 images/s");
}

}  // namespace
}  // namespace forebay
