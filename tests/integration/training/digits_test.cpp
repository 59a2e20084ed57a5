// Learns real data: scikit-learn's handwritten digits.

#include <gtest/gtest.h>

#include "digits_run.hpp"
#include "program.hpp"

namespace forebay {
namespace {

TEST(Digits, ResnetReaches97PercentOnImagesItWasNotTrainedOn) {
  const Ended ended = train_imagenet(digits_run());
  ASSERT_EQ(ended.code, 0) << ended.log;
  EXPECT_GE(last_value(ended.log, "Validation-accuracy"), 0.97) << ended.log;
  EXPECT_EQ(lines_with(ended.log, "Validation-accuracy=").size(), 8u);
}

}  // namespace
}  // namespace forebay
