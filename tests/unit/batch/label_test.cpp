#include <forebay/nodes/batch/label.hpp>

#include <gtest/gtest.h>

#include <forebay/graph/error.hpp>
#include <limits>
#include <string>

namespace forebay {
namespace {

std::string result(float label, int num_classes) {
  const std::string file = "train.rec";
  Record record;
  record.labels = {&label, 1};
  record.id = 17;
  record.number = 17;
  record.file = &file;
  try {
    return std::to_string(check_label(record, num_classes));
  } catch (const Error& error) {
    return error.what();
  }
}

TEST(CheckLabel, GivesTheClassIndex) {
  EXPECT_EQ(result(0, 1000), "0");
  EXPECT_EQ(result(999, 1000), "999");
}

TEST(CheckLabel, NamesTheRecordWhoseLabelIsOutOfRange) {
  EXPECT_EQ(result(1000, 1000),
            "label 1000 is out of range for 1000 classes (train.rec, record 17 (id 17)); "
            "give --num-classes or repack");
  EXPECT_EQ(result(-1, 10),
            "label -1 is out of range for 10 classes (train.rec, record 17 (id 17)); "
            "give --num-classes or repack");
  EXPECT_EQ(result(std::numeric_limits<float>::quiet_NaN(), 10),
            "label nan is out of range for 10 classes (train.rec, record 17 (id 17)); "
            "give --num-classes or repack");
}

TEST(CheckLabel, NamesTheRecordWhoseLabelIsNoIndex) {
  EXPECT_EQ(result(2.5f, 10),
            "label 2.5 is not a class index (train.rec, record 17 (id 17)); "
            "repack with whole numbers from 0");
}

}  // namespace
}  // namespace forebay
