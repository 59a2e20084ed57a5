// The same flags and data give the same weights, bit for bit.

#include <gtest/gtest.h>

#include "program.hpp"
#include "small_run.hpp"

namespace forebay {
namespace {

TEST(Determinism, CheckpointsAreTheSameFromRunToRunAndForAnyConcurrency) {
  const Folder folder;
  const std::vector<std::vector<std::string>> ways = {
      {},
      {},
      {"--data-nthreads", "1"},
      {"--data-nthreads", "7", "--decode.queue", "3", "--batch.queue", "5"},
      {"--decode.concurrency", "2", "--augment.concurrency", "5", "--augment.queue", "2"}};
  std::vector<std::string> checkpoints, accuracies;
  for (std::size_t i = 0; i < ways.size(); ++i) {
    const std::string prefix = folder / ("way" + std::to_string(i));
    const Ended ended = train_imagenet(small_run(prefix) + ways[i]);
    ASSERT_EQ(ended.code, 0) << ended.log;
    checkpoints.push_back(last_checkpoint(prefix));
    std::string lines;
    for (const std::string& line : lines_with(ended.log, "accuracy=")) {
      if (line.find("Speed:") == line.npos) lines += line + '\n';
    }
    accuracies.push_back(lines);
  }
  ASSERT_FALSE(checkpoints[0].empty());
  for (std::size_t i = 1; i < ways.size(); ++i) {
    EXPECT_TRUE(checkpoints[i] == checkpoints[0]) << "way " << i;
    EXPECT_EQ(accuracies[i], accuracies[0]) << "way " << i;
  }
}

// Decoding with one thread limits the run that is tuned, so that there is something to change.
TEST(Determinism, TuningChangesTheConcurrencyNotTheWeights) {
  const Folder folder;
  const Ended made = Program(FOREBAY_MAKE_PHOTOS, {folder / "photos", "--images", "60", "--size",
                                                   "320x240", "--seed", "1"})
                         .wait();
  ASSERT_EQ(made.code, 0) << made.log;
  std::string models[2];
  for (const std::string tune : {"off", "always"}) {
    const std::string threads = tune == "off" ? "2" : "1";
    const Ended ended =
        train_imagenet({"--network",       "mlp",        "--image-shape", "3,16,16",
                        "--num-classes",   "10",         "--data-train",  folder / "photos",
                        "--num-examples",  "12000",      "--batch-size",  "20",
                        "--num-epochs",    "2",          "--devices",     "cpu:0,cpu:1",
                        "--data-nthreads", threads,      "--tune",        tune,
                        "--model-prefix",  folder / tune});
    ASSERT_EQ(ended.code, 0) << ended.log;
    const auto changes = lines_with(ended.log, "tune: decode.concurrency 1 -> ");
    EXPECT_EQ(changes.empty(), tune == "off") << ended.log;
    models[tune == "off" ? 0 : 1] = read_file(folder / (tune + "-0002.safetensors"));
  }
  ASSERT_FALSE(models[0].empty());
  EXPECT_TRUE(models[0] == models[1]);
}

TEST(Benchmark, TakesWholeBatchesAndTheScheduleKnows) {
  const Ended ended =
      train_imagenet({"--network", "mlp", "--image-shape", "1,8,8", "--num-classes", "10",
                      "--benchmark", "1", "--num-examples", "100", "--batch-size", "64",
                      "--num-epochs", "6", "--lr-step-epochs", "4"});
  EXPECT_EQ(ended.code, 0) << ended.log;
  EXPECT_EQ(lines_with(ended.log, "Update["),
            std::vector<std::string>{"INFO:root:Update[5]: Change learning rate to 1.00000e-02"});
}

TEST(Determinism, AnotherSeedGivesOtherWeights) {
  const Folder folder;
  const std::vector<std::string> short_run{"--num-examples", "64", "--num-epochs", "1"};
  std::vector<std::string> models;
  for (const char* seed : {"3", "4"}) {
    const std::string prefix = folder / seed;
    const Ended ended =
        train_imagenet(small_run(prefix) + short_run + std::vector<std::string>{"--seed", seed});
    ASSERT_EQ(ended.code, 0) << ended.log;
    models.push_back(read_file(prefix + "-0001.safetensors"));
  }
  EXPECT_FALSE(models[0] == models[1]);
}

}  // namespace
}  // namespace forebay
