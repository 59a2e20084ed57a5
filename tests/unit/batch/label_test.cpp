#include <forebay/nodes/batch/label.hpp>

#include <gtest/gtest.h>

#include <forebay/graph/error.hpp>
#include <limits>
#include <string>

namespace forebay {
namespace {

std::string result(float label, int num_classes) {
  try {
    return std::to_string(check_label(label, num_classes));
  } catch (const Error& error) {
    return error.what();
  }
}

TEST(CheckLabel, GivesTheClassIndex) {
  EXPECT_EQ(result(0, 1000), "0");
  EXPECT_EQ(result(999, 1000), "999");
}

TEST(CheckLabel, RefusesALabelOutOfRange) {
  EXPECT_EQ(result(1000, 1000),
            "label 1000 is out of range for 1000 classes; set num-classes to what the data has, or "
            "repack");
  EXPECT_EQ(result(-1, 10),
            "label -1 is out of range for 10 classes; set num-classes to what the data has, or "
            "repack");
  EXPECT_EQ(result(std::numeric_limits<float>::quiet_NaN(), 10),
            "label nan is out of range for 10 classes; set num-classes to what the data has, or "
            "repack");
}

TEST(CheckLabel, RefusesALabelThatIsNoIndex) {
  EXPECT_EQ(result(2.5f, 10), "label 2.5 is not a class index; repack with whole numbers from 0");
}

}  // namespace
}  // namespace forebay
