#include <train_imagenet/speedometer.hpp>

#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace forebay {
namespace {

using testing::ElementsAre;

class SpeedometerTest : public testing::Test {
 protected:
  double now_ = 0;
  Clock clock_ = [this] { return now_; };
  TrainOptions options_;
};

TEST_F(SpeedometerTest, PrintsWhatMxnetPrints) {
  Speedometer speedometer(options_, clock_);
  std::string lines;
  for (int epoch = 0; epoch < 2; ++epoch) {
    for (int batch = 0; batch < 45; ++batch) {
      now_ += 0.5;
      const auto right = static_cast<std::size_t>((batch * 7 + epoch) % 129);
      const auto line = speedometer.batch_done(epoch, batch, {.top1 = right, .rows = 128});
      if (line) lines += *line + "\n";
    }
  }
  std::ifstream file(FOREBAY_FIXTURES "/train_imagenet/speedometer.log");
  std::stringstream mxnet;
  mxnet << file.rdbuf();
  EXPECT_EQ(lines, mxnet.str());
}

TEST_F(SpeedometerTest, StartsAnewWithEachEpoch) {
  options_.disp_batches = 2;
  Speedometer speedometer(options_, clock_);
  std::vector<std::string> lines;
  for (int epoch = 0; epoch < 2; ++epoch) {
    now_ += 100;  // validation and checkpoint count for nothing
    for (int batch = 0; batch < 4; ++batch) {
      now_ += 0.5;
      const std::size_t right = epoch == 0 ? 128 : 64;
      const auto line =
          speedometer.batch_done(epoch, batch, {.loss_sum = 1, .top1 = right, .rows = 128});
      if (line) lines.push_back(*line);
    }
  }
  EXPECT_THAT(lines,
              ElementsAre("Epoch[0] Batch [0-2]\tSpeed: 256.00 samples/sec\taccuracy=1.000000",
                          "Epoch[1] Batch [0-2]\tSpeed: 256.00 samples/sec\taccuracy=0.500000"));
}

TEST_F(SpeedometerTest, StartsAnewWithEpochsOfOneBatch) {
  options_.disp_batches = 1;
  Speedometer speedometer(options_, clock_);
  for (int epoch = 0; epoch < 3; ++epoch) {
    now_ += 0.5;
    EXPECT_EQ(speedometer.batch_done(epoch, 0, {.rows = 1}), std::nullopt) << epoch;
  }
}

TEST_F(SpeedometerTest, AddsTheMetricsThatWereAskedFor) {
  options_.disp_batches = 1;
  options_.top_k = 5;
  options_.loss = "ce";
  Speedometer speedometer(options_, clock_);
  const StepResult result{.cross_entropy_sum = 640, .top1 = 32, .top5 = 64, .rows = 128};
  EXPECT_EQ(speedometer.batch_done(7, 0, result), std::nullopt);
  now_ += 0.5;
  EXPECT_EQ(speedometer.batch_done(7, 1, result),
            "Epoch[7] Batch [0-1]\tSpeed: 256.00 samples/sec\taccuracy=0.250000\t"
            "top_k_accuracy_5=0.500000\tcross-entropy=5.000000");
}

TEST_F(SpeedometerTest, PrintsInfinityWhereNoTimePassed) {
  options_.disp_batches = 1;
  Speedometer speedometer(options_, clock_);
  speedometer.batch_done(0, 0, {.rows = 1});
  EXPECT_EQ(speedometer.batch_done(0, 1, {.rows = 1}),
            "Epoch[0] Batch [0-1]\tSpeed: inf samples/sec\taccuracy=0.000000");
}

TEST_F(SpeedometerTest, PrintsMxnetsLinesWhileOnlyReading) {
  ReadSpeedometer speedometer(options_, clock_);
  std::vector<std::string> lines;
  for (int batch = 0; batch < 45; ++batch) {
    now_ += 0.25;
    if (const auto line = speedometer.batch_done(batch)) lines.push_back(*line);
  }
  EXPECT_THAT(lines, ElementsAre("Batch [19]\tSpeed: 512.00 samples/sec",
                                 "Batch [39]\tSpeed: 512.00 samples/sec"));
}

}  // namespace
}  // namespace forebay
