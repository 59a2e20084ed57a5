#include <train_imagenet/checkpoints.hpp>

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <train_imagenet/flags.hpp>

namespace forebay {
namespace {

Settings settings(const std::vector<std::string>& arguments) {
  std::vector<std::string> all{"--data-train", "t.rec"};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return deciding_settings(parse_options(all), 1000, "1000 records, shuffled");
}

std::string difference(const std::vector<std::string>& saved, const std::vector<std::string>& now) {
  return forebay::difference(settings(saved), settings(now));
}

TEST(DecidingSettings, AreAllFlagsButThoseThatLeaveTheWeightsAsTheyAre) {
  // A new flag belongs here, or to those that are compared.
  const std::set<std::string> free = {"initializer",    "gpus",
                                      "gpu-decode",  // changes bits, but in one run as well
                                      "kv-store",       "model-prefix",
                                      "save-period",    "load-epoch",
                                      "disp-batches",   "top-k",
                                      "loss",           "test-io",
                                      "benchmark",      "data-train",
                                      "data-val",       "data-val-idx",
                                      "data-train-idx", "data-nthreads",
                                      "augment",        "val-resize",
                                      "resume",         "overwrite",
                                      "on-bad-image",   "bad-image-limit",
                                      "log-prefix",     "config",
                                      "price-per-hour", "tune",
                                      "inspect-http",   "inspect-token-file",
                                      "record",         "host-cores",
                                      "host-memory",    "cache",
                                      "host-times",     "host-decode-rate",
                                      "record-profile", "tf32"};  // but on GPUs in float32
  const Settings compared = settings({"--lr-schedule", "cosine", "--optimizer", "lars"});
  for (const Flag& flag : flags()) {
    if (!flag.show) continue;  // not an option of a run
    EXPECT_NE(compared.contains(flag.name), free.contains(flag.name)) << flag.name;
  }
}

TEST(DecidingSettings, DifferByFlagWithBothValues) {
  EXPECT_EQ(difference({}, {}), "");
  EXPECT_EQ(difference({"--lr", "0.1"}, {"--lr", "0.05"}), "--lr 0.1, not 0.05");
  EXPECT_EQ(difference({"--no-bias-decay"}, {"--lr-step-epochs", "10,20"}),
            "--lr-step-epochs 30,60, not 10,20; --no-bias-decay True, not False");
  EXPECT_EQ(difference({"--optimizer", "nag"}, {}), "--optimizer nag, not sgd");
  EXPECT_EQ(difference({"--lars-eta", "0.01"}, {}), "") << "sgd has none";
  EXPECT_EQ(difference({"--optimizer", "lars", "--lars-eta", "0.01"}, {"--optimizer", "lars"}),
            "--lars-eta 0.01, not 0.001");
  EXPECT_EQ(difference({"--lr-schedule", "pow 2"}, {"--lr-schedule", "pow 3"}),
            "--lr-schedule pow 2, not pow 3");
  EXPECT_EQ(difference({}, {"--max-random-aspect-ratio", "0.5"}),
            "--max-random-aspect-ratio 1.3333333333333333, not 0.5; "
            "--min-random-aspect-ratio 0.75, not unset");
}

TEST(DecidingSettings, CompareTheEpochsOnlyWhereTheScheduleDependsOnThem) {
  EXPECT_EQ(difference({"--num-epochs", "90"}, {"--num-epochs", "100"}), "");
  EXPECT_EQ(difference({"--lr-schedule", "cosine", "--num-epochs", "90"},
                       {"--lr-schedule", "cosine", "--num-epochs", "100"}),
            "--num-epochs 90, not 100");
}

TEST(DecidingSettings, CompareHowManyDevicesThereAreNotTheirNumbers) {
  EXPECT_EQ(difference({"--devices", "cpu:0,cpu:1"}, {"--devices", "cpu:3,cpu:2"}), "");
  EXPECT_EQ(difference({"--devices", "cpu:0,cpu:1"}, {}), "--devices cpu:0,cpu:1, not cpu:0");
}

TEST(DecidingSettings, DoNotCompareWhatACheckpointDoesNotKnow) {
  EXPECT_EQ(forebay::difference({}, settings({})), "");
}

}  // namespace
}  // namespace forebay
