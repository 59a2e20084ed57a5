// Learns real data: scikit-learn's handwritten digits.

#include <gtest/gtest.h>

#include "program.hpp"

namespace forebay {
namespace {

TEST(Digits, LenetReaches97PercentOnImagesItWasNotTrainedOn) {
  const Ended ended = train_imagenet(
      {"--network", "lenet", "--image-shape", "1,28,28", "--num-classes", "10",
       "--data-train", digits("train.rec"), "--data-val", digits("val.rec"), "--augment", "none",
       "--batch-size", "32", "--num-epochs", "12", "--lr", "0.05", "--lr-schedule", "cosine",
       "--devices", "cpu:0,cpu:1"});

  ASSERT_EQ(ended.code, 0) << ended.log;
  EXPECT_GE(last_value(ended.log, "Validation-accuracy"), 0.97) << ended.log;
  EXPECT_EQ(lines_with(ended.log, "Validation-accuracy=").size(), 12u);
}

}  // namespace
}  // namespace forebay
