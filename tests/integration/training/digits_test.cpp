// Learns real data: scikit-learn's handwritten digits.

#include <gtest/gtest.h>

#include "program.hpp"

namespace forebay {
namespace {

TEST(Digits, ResnetReaches97PercentOnImagesItWasNotTrainedOn) {
  const Ended ended = train_imagenet({"--network",     "resnet",
                                      "--num-layers",  "20",
                                      "--image-shape", "1,28,28",
                                      "--num-classes", "10",
                                      "--data-train",  digits("train.rec"),
                                      "--data-val",    digits("val.rec"),
                                      "--augment",     "none",
                                      "--pad-size",    "2",
                                      "--random-crop", "1",
                                      "--devices",     "cpu:0,cpu:1",
                                      "--batch-size",  "32",
                                      "--num-epochs",  "8",
                                      "--lr",          "0.1",
                                      "--lr-schedule", "cosine"});

  ASSERT_EQ(ended.code, 0) << ended.log;
  EXPECT_GE(last_value(ended.log, "Validation-accuracy"), 0.97) << ended.log;
  EXPECT_EQ(lines_with(ended.log, "Validation-accuracy=").size(), 8u);
}

}  // namespace
}  // namespace forebay
