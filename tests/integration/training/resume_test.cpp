// Training that was killed again and again ends as if it never was.

#include <gtest/gtest.h>
#include <signal.h>

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

  const Ended ended =
      train_imagenet(small_run(folder / "model") + std::vector<std::string>{"--load-epoch", "2"});
  ASSERT_EQ(ended.code, 0) << ended.log;
  EXPECT_TRUE(lines_with(ended.log, "Epoch[1]").empty()) << ended.log;
  EXPECT_TRUE(last_checkpoint(folder / "model") == whole);
}

}  // namespace
}  // namespace forebay
