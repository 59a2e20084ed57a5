// Training that was killed again and again ends as if it never was.

#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>

#include <forebay/nodes/random.hpp>

#include "program.hpp"
#include "small_run.hpp"

namespace forebay {
namespace {

TEST(Resume, KilledAtRandomStepsAndResumedEndsBitForBitTheSame) {
  const Folder folder;
  ASSERT_EQ(train_imagenet(small_run(folder / "whole")).code, 0);

  const std::vector<std::string> again =
      small_run(folder / "killed") + std::vector<std::string>{"--resume"};
  Random random(2026);
  int kills = 0;
  Ended ended;
  do {
    Program program(FOREBAY_TRAIN_IMAGENET, again);
    // A run writes about nine lines per epoch, so most of these get past a checkpoint or two.
    const int lines = 3 + static_cast<int>(random.below(18));
    if (kills < 12 && program.wait_for_lines(lines)) program.send(SIGKILL);
    ended = program.wait();
    ASSERT_TRUE(ended.signal == SIGKILL || ended.code == 0) << ended.log;
    kills += ended.signal == SIGKILL ? 1 : 0;
  } while (ended.code != 0);

  EXPECT_GE(kills, 3);
  EXPECT_TRUE(last_checkpoint(folder / "killed") == last_checkpoint(folder / "whole"));
}

TEST(Resume, LoadEpochGoesOnFromThatEpoch) {
  const Folder folder;
  ASSERT_EQ(train_imagenet(small_run(folder / "model")).code, 0);
  const std::string whole = last_checkpoint(folder / "model");

  const std::vector<std::string> from_2 =
      small_run(folder / "model") + std::vector<std::string>{"--load-epoch", "2"};
  const Ended refused = train_imagenet(from_2);
  EXPECT_EQ(refused.code, 1);
  EXPECT_EQ(lines_with(refused.log, "another run has saved: " + folder / "model-0003.safetensors" +
                                        " to " + folder / "model-0004.safetensors")
                .size(),
            1u)
      << refused.log;

  const Ended ended = train_imagenet(from_2 + std::vector<std::string>{"--overwrite"});
  ASSERT_EQ(ended.code, 0) << ended.log;
  EXPECT_TRUE(lines_with(ended.log, "Epoch[1]").empty()) << ended.log;
  EXPECT_TRUE(last_checkpoint(folder / "model") == whole);
}

TEST(Resume, LoadEpochTakesOtherSettings) {
  const Folder folder;
  ASSERT_EQ(train_imagenet(small_run(folder / "model")).code, 0);
  const Ended ended =
      train_imagenet(small_run(folder / "model") +
                     std::vector<std::string>{"--load-epoch", "3", "--overwrite", "--lr", "0.01"});
  ASSERT_EQ(ended.code, 0) << ended.log;
  EXPECT_EQ(lines_with(ended.log,
                       "Going on with the weights and the momentum alone: they were "
                       "saved with --lr 0.05, not 0.01")
                .size(),
            1u)
      << ended.log;
  EXPECT_EQ(lines_with(ended.log, "Epoch[3] Validation-accuracy").size(), 1u) << ended.log;
}

TEST(Resume, LoadEpochTakesAnotherOptimizerWithoutTheMomentum) {
  const Folder folder;
  const std::vector<std::string> small =
      small_run(folder / "model") +
      std::vector<std::string>{"--num-examples", "64", "--lr-schedule", "step", "--num-epochs"};
  ASSERT_EQ(train_imagenet(small + std::vector<std::string>{"1"}).code, 0);
  const std::vector<std::string> lars =
      small + std::vector<std::string>{"2", "--optimizer", "lars"};
  const Ended refused = train_imagenet(lars + std::vector<std::string>{"--resume"});
  EXPECT_EQ(refused.code, 1);
  EXPECT_EQ(
      lines_with(refused.log, "it was saved with --optimizer sgd, not lars; give the same").size(),
      1u)
      << refused.log;
  const Ended ended = train_imagenet(lars + std::vector<std::string>{"--load-epoch", "1"});
  ASSERT_EQ(ended.code, 0) << ended.log;
  EXPECT_EQ(lines_with(ended.log,
                       "Going on with the weights alone: they were saved with --optimizer sgd, "
                       "not lars")
                .size(),
            1u)
      << ended.log;
}

TEST(Resume, LoadEpochTakesAModelWithoutAState) {
  const Folder folder;
  const std::string stem = folder / "model-0002";
  ASSERT_EQ(train_imagenet(small_run(folder / "other")).code, 0);
  std::filesystem::rename(folder / "other-0002.safetensors", stem + ".safetensors");

  const std::vector<std::string> from_2 =
      small_run(folder / "model") + std::vector<std::string>{"--load-epoch", "2"};
  const Ended ended = train_imagenet(from_2);
  ASSERT_EQ(ended.code, 0) << ended.log;
  EXPECT_EQ(lines_with(ended.log, "There is no " + stem +
                                      ".state.safetensors: going on from epoch 2 with the weights "
                                      "alone")
                .size(),
            1u)
      << ended.log;
  EXPECT_TRUE(lines_with(ended.log, "Epoch[1]").empty()) << ended.log;
  EXPECT_EQ(lines_with(ended.log, "Epoch[2] Validation-accuracy").size(), 1u) << ended.log;

  write_file(stem + ".state.safetensors", "of something else");
  const Ended refused = train_imagenet(from_2 + std::vector<std::string>{"--overwrite"});
  EXPECT_EQ(refused.code, 1);
  EXPECT_EQ(lines_with(refused.log, "or remove it to load the model alone").size(), 1u)
      << refused.log;
}

TEST(Resume, OverwriteRemovesAllThatAnotherRunHasLeft) {
  const Folder folder;
  ASSERT_EQ(train_imagenet(small_run(folder / "model")).code, 0);
  const Ended ended = train_imagenet(small_run(folder / "model") +
                                     std::vector<std::string>{"--overwrite", "--num-epochs", "1"});
  ASSERT_EQ(ended.code, 0) << ended.log;
  EXPECT_EQ(lines_with(ended.log, "Removed checkpoints of another run: ").size(), 1u) << ended.log;
  EXPECT_EQ(folder.files(),
            (std::vector<std::string>{"model-0001.safetensors", "model-0001.state.safetensors"}));
}

TEST(Resume, TellsTheLearningRateOnlyWhereItIsAnother) {
  const Folder folder;
  const std::vector<std::string> flags =
      small_run(folder / "model") +
      std::vector<std::string>{"--lr-schedule", "step", "--lr-step-epochs", "2"};
  const auto adjusted = [&](const char* epochs) {
    const Ended ended =
        train_imagenet(flags + std::vector<std::string>{"--resume", "--num-epochs", epochs});
    EXPECT_EQ(ended.code, 0) << ended.log;
    return lines_with(ended.log, "Adjust learning rate");
  };
  const std::vector<std::string> none;
  EXPECT_EQ(adjusted("1"), none);
  EXPECT_EQ(adjusted("2"), none);
  EXPECT_EQ(adjusted("3"),
            std::vector<std::string>{"INFO:root:Adjust learning rate to 5.000000e-03 for epoch 2"});
}

TEST(Resume, OtherThreadsAreToldButNotRefused) {
  const Folder folder;
  const std::vector<std::string> two =
      small_run(folder / "model") + std::vector<std::string>{"--lr-schedule", "step"};
  ASSERT_EQ(train_imagenet(two + std::vector<std::string>{"--num-epochs", "1"}).code, 0);
  const std::string path = folder / "model-0001.state.safetensors";
  std::string state = read_file(path);
  const std::string key = "\"setting.threads\":\"";
  const std::size_t at = state.find(key);
  ASSERT_NE(at, state.npos);
  state[at + key.size()] = '9';
  write_file(path, state);

  const Ended ended =
      train_imagenet(two + std::vector<std::string>{"--num-epochs", "2", "--resume"});
  EXPECT_EQ(ended.code, 0) << ended.log;
  EXPECT_EQ(lines_with(ended.log, "threads per replica, there were 9 before").size(), 1u)
      << ended.log;
}

}  // namespace
}  // namespace forebay
