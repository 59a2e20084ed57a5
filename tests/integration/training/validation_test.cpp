// What a run counts and says.

#include <gtest/gtest.h>

#include <cmath>

#include "program.hpp"

namespace forebay {
namespace {

constexpr double kImages = 359;  // in digits/val.rec; no batch size below divides it

// Hardly trained, so that validation sees the initial weights whatever the batch size was.
double accuracy_of_initial_weights(const std::string& batch_size, const std::string& devices) {
  const Ended ended = train_imagenet({"--network",      "lenet",
                                      "--image-shape",  "1,28,28",
                                      "--num-classes",  "10",
                                      "--augment",      "none",
                                      "--data-train",   digits("train.rec"),
                                      "--data-val",     digits("val.rec"),
                                      "--lr",           "1e-30",
                                      "--wd",           "0",
                                      "--seed",         "11",
                                      "--num-epochs",   "1",
                                      "--num-examples", batch_size,
                                      "--batch-size",   batch_size,
                                      "--devices",      devices});
  EXPECT_EQ(ended.code, 0) << ended.log;
  return last_value(ended.log, "Validation-accuracy");
}

TEST(TestIo, EndsWithTheSpeedOfTheEpoch) {
  const Ended ended =
      train_imagenet({"--test-io", "1", "--data-train", digits("train.rec"), "--num-classes", "10",
                      "--image-shape", "1,28,28", "--batch-size", "2000"});
  EXPECT_EQ(ended.code, 0) << ended.log;
  EXPECT_EQ(lines_with(ended.log, "1438 images in ").size(), 1u) << ended.log;
}

TEST(Report, ListsNodesFromTheFrontOfTheGraphToItsEnd) {
  const Ended ended = train_imagenet({"--network", "mlp", "--image-shape", "1,28,28",
                                      "--num-classes", "10", "--data-train", digits("val.rec"),
                                      "--batch-size", "64", "--num-epochs", "1"});
  std::size_t place = ended.log.find("\nnode ");
  for (const char* line : {"\nread ", "\ndecode ", "\nslot ", "\naugment ", "\nbatch ", "\nstep ",
                           "\nforward-backward[0] ", "\ngather ", "\nall-reduce ", "\nupdate ",
                           "\nstep-end ", "\nweights-new ", "\nlog "}) {
    const std::size_t next = ended.log.find(line, place);
    ASSERT_NE(next, std::string::npos) << line << " in\n" << ended.log;
    place = next;
  }
}

TEST(Training, SaysWhenItDiverges) {
  const Ended ended = train_imagenet({"--network", "mlp", "--image-shape", "1,28,28",
                                      "--num-classes", "10", "--data-train", digits("train.rec"),
                                      "--batch-size", "64", "--num-epochs", "1", "--lr", "1e30"});
  EXPECT_EQ(ended.code, 0) << ended.log;
  EXPECT_EQ(lines_with(ended.log, "The loss is not a number").size(), 1u) << ended.log;
}

TEST(Validation, CountsEveryImageOnceForAnyBatchSizeAndNumberOfReplicas) {
  const double accuracy = accuracy_of_initial_weights("1", "cpu:0");
  const double right = accuracy * kImages;
  // The log has six digits.
  EXPECT_NEAR(right, std::round(right), kImages * 0.5e-6 + 1e-9);
  EXPECT_GT(right, 0);

  EXPECT_EQ(accuracy_of_initial_weights("64", "cpu:0"), accuracy);
  EXPECT_EQ(accuracy_of_initial_weights("100", "cpu:0,cpu:1"), accuracy);
  EXPECT_EQ(accuracy_of_initial_weights("600", "cpu:0,cpu:1,cpu:2"), accuracy);  // one of no rows
}

TEST(TestIo, ReadsNumExamplesInWholeBatches) {
  const Ended ended =
      train_imagenet({"--test-io", "1", "--data-train", digits("train.rec"), "--num-classes", "10",
                      "--image-shape", "1,28,28", "--batch-size", "32", "--disp-batches", "1",
                      "--num-examples", "100"});
  EXPECT_EQ(ended.code, 0) << ended.log;
  EXPECT_EQ(lines_with(ended.log, "INFO:root:Batch [").size(), 4u) << ended.log;
}

}  // namespace
}  // namespace forebay
