// Ctrl-C.

#include <gtest/gtest.h>
#include <signal.h>

#include <forebay/nodes/random.hpp>

#include "program.hpp"
#include "small_run.hpp"

namespace forebay {
namespace {

TEST(Interrupt, FinishesTheStepSavesAndSaysHowToGoOn) {
  const Folder folder;
  Program program(FOREBAY_TRAIN_IMAGENET, small_run(folder / "model"));
  ASSERT_TRUE(program.wait_for_line_with("Epoch[1] Batch ["));
  program.send(SIGINT);
  const Ended ended = program.wait();

  EXPECT_EQ(ended.code, 130) << ended.log;
  EXPECT_EQ(lines_with(ended.log, "Finishing the step under way").size(), 1u) << ended.log;
  EXPECT_EQ(
      lines_with(ended.log, "Interrupted; the same command with --resume goes on from here").size(),
      1u)
      << ended.log;
  const std::vector<std::string> files = folder.files();
  EXPECT_EQ(files, (std::vector<std::string>{
                       "model-0001.safetensors", "model-0001.state.safetensors",
                       "model-interrupted.safetensors", "model-interrupted.state.safetensors"}));
}

TEST(Interrupt, ResumedAfterInterruptsAtAnyStepEndsBitForBitTheSame) {
  const Folder folder;
  ASSERT_EQ(train_imagenet(small_run(folder / "whole")).code, 0);

  const std::vector<std::string> again =
      small_run(folder / "stopped") + std::vector<std::string>{"--resume"};
  Random random(7);
  int interrupts = 0;
  Ended ended;
  do {
    Program program(FOREBAY_TRAIN_IMAGENET, again);
    const int lines = 4 + static_cast<int>(random.below(7));
    if (program.wait_for_lines(lines)) program.send(SIGINT);
    ended = program.wait();
    ASSERT_TRUE(ended.code == 130 || ended.code == 0) << ended.log;
    interrupts += ended.code == 130 ? 1 : 0;
    ASSERT_LT(interrupts, 40) << ended.log;
  } while (ended.code != 0);

  EXPECT_GE(interrupts, 3);
  EXPECT_TRUE(last_checkpoint(folder / "stopped") == last_checkpoint(folder / "whole"));
}

TEST(Interrupt, WhileValidatingSavesTheEpochThatWasNotDue) {
  const Folder folder;
  const Ended whole = train_imagenet(small_run(folder / "whole"));
  ASSERT_EQ(whole.code, 0) << whole.log;

  // Slow validation of much enlarged images, so that the signal comes while it goes on.
  Program program(FOREBAY_TRAIN_IMAGENET,
                  small_run(folder / "model") +
                      std::vector<std::string>{"--save-period", "3", "--val-resize", "1200"});
  ASSERT_TRUE(program.wait_for_line_with("Epoch[1] Time cost="));
  program.send(SIGINT);
  const Ended ended = program.wait();
  EXPECT_EQ(ended.code, 130);
  EXPECT_TRUE(lines_with(ended.log, "Epoch[1] Validation-accuracy").empty()) << ended.log;
  EXPECT_TRUE(lines_with(ended.log, "Epoch[2]").empty()) << ended.log;

  const Ended resumed =
      train_imagenet(small_run(folder / "model") + std::vector<std::string>{"--resume"});
  EXPECT_EQ(resumed.code, 0) << resumed.log;
  const std::vector<std::string> made_up_for = lines_with(resumed.log, "Epoch[1]");
  ASSERT_EQ(made_up_for.size(), 1u) << resumed.log;
  EXPECT_TRUE(lines_with(resumed.log, "Epoch[0]").empty()) << resumed.log;
  EXPECT_EQ(made_up_for, lines_with(whole.log, "Epoch[1] Validation-accuracy"));
  EXPECT_TRUE(last_checkpoint(folder / "model") == last_checkpoint(folder / "whole"));
}

TEST(Interrupt, WhileValidatingTheLastEpochIsMadeUpFor) {
  const Folder folder;
  const std::vector<std::string> flags =
      small_run(folder / "model") + std::vector<std::string>{"--num-epochs", "1"};
  Program program(FOREBAY_TRAIN_IMAGENET, flags + std::vector<std::string>{"--val-resize", "1200"});
  ASSERT_TRUE(program.wait_for_line_with("Saved checkpoint"));
  program.send(SIGINT);
  const Ended ended = program.wait();
  EXPECT_EQ(ended.code, 130);
  EXPECT_TRUE(lines_with(ended.log, "Validation-accuracy").empty()) << ended.log;

  const Ended resumed = train_imagenet(flags + std::vector<std::string>{"--resume"});
  EXPECT_EQ(resumed.code, 0) << resumed.log;
  EXPECT_EQ(lines_with(resumed.log, "Epoch[0] Validation-accuracy").size(), 1u) << resumed.log;
  EXPECT_EQ(lines_with(resumed.log, "Nothing is left to train").size(), 1u) << resumed.log;
}

TEST(Interrupt, WithoutAPrefixSaysThatNothingWasSaved) {
  std::vector<std::string> flags = small_run("");
  flags.resize(flags.size() - 2);
  Program program(FOREBAY_TRAIN_IMAGENET, flags);
  ASSERT_TRUE(program.wait_for_line_with("Epoch[0] Batch ["));
  program.send(SIGINT);
  const Ended ended = program.wait();
  EXPECT_EQ(ended.code, 130);
  EXPECT_EQ(
      lines_with(ended.log, "Interrupted; nothing was saved, because --model-prefix was not given")
          .size(),
      1u)
      << ended.log;
}

TEST(Interrupt, ASecondOneStopsAtOnce) {
  const Folder folder;
  // Steps long enough for a second signal to come before the first one is finished.
  Program program(FOREBAY_TRAIN_IMAGENET,
                  small_run(folder / "model") +
                      std::vector<std::string>{"--image-shape", "1,64,64", "--batch-size", "400"});
  ASSERT_TRUE(program.wait_for_line_with("359 records, in order"));
  program.send(SIGINT);
  ASSERT_TRUE(program.wait_for_line_with("Finishing the step under way"));
  program.send(SIGINT);
  const Ended ended = program.wait();
  EXPECT_EQ(ended.code, 130);
  EXPECT_TRUE(lines_with(ended.log, "Interrupted").empty()) << ended.log;
  EXPECT_TRUE(folder.files().empty());
}

TEST(Interrupt, StopsReadingWithTestIo) {
  Program program(FOREBAY_TRAIN_IMAGENET,
                  {"--test-io", "1", "--data-train", digits("train.rec"), "--num-classes", "10",
                   "--image-shape", "1,224,224", "--batch-size", "2", "--disp-batches", "1"});
  ASSERT_TRUE(program.wait_for_line_with("Speed:"));
  program.send(SIGINT);
  const Ended ended = program.wait();
  EXPECT_EQ(ended.code, 130) << ended.log;
}

}  // namespace
}  // namespace forebay
