// --dtype bfloat16: learns as float32 does, repeats and resumes bit for bit, shares checkpoints.

#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>

#include "digits_run.hpp"
#include "program.hpp"
#include "small_run.hpp"

namespace forebay {
namespace {

const std::vector<std::string> kBfloat16{"--dtype", "bfloat16"};

/// oneDNN and what asks it take the CPU for one without newer instructions.
class OlderCpu {
 public:
  OlderCpu() { setenv(kName, "AVX2", 1); }
  ~OlderCpu() { unsetenv(kName); }

 private:
  static constexpr const char* kName = "ONEDNN_MAX_CPU_ISA";
};

TEST(Bfloat16, ResnetReaches97PercentOfTheDigitsItWasNotTrainedOn) {
  const Ended ended = train_imagenet(digits_run() + kBfloat16);
  ASSERT_EQ(ended.code, 0) << ended.log;
  EXPECT_GE(last_value(ended.log, "Validation-accuracy"), 0.97) << ended.log;
  EXPECT_EQ(lines_with(ended.log, "Computing in ").size(), 1u) << ended.log;
}

TEST(Bfloat16, KilledAndResumedEndsBitForBitTheSame) {
  const Folder folder;
  ASSERT_EQ(train_imagenet(small_run(folder / "whole") + kBfloat16).code, 0);
  const std::vector<std::string> again =
      small_run(folder / "killed") + kBfloat16 + std::vector<std::string>{"--resume"};
  Program program(FOREBAY_TRAIN_IMAGENET, again);
  ASSERT_TRUE(program.wait_for_line_with("Saved checkpoint"));
  program.send(SIGKILL);
  program.wait();
  const Ended ended = train_imagenet(again);
  ASSERT_EQ(ended.code, 0) << ended.log;
  ASSERT_FALSE(last_checkpoint(folder / "whole").empty());
  EXPECT_TRUE(last_checkpoint(folder / "killed") == last_checkpoint(folder / "whole"));
}

TEST(Bfloat16, GoesOnFromFloat32CheckpointsAndTheOtherWayRound) {
  const Folder folder;
  const std::vector<std::string> from_3{"--load-epoch", "3", "--overwrite"};
  ASSERT_EQ(train_imagenet(small_run(folder / "model")).code, 0);
  const Ended narrow = train_imagenet(small_run(folder / "model") + from_3 + kBfloat16);
  ASSERT_EQ(narrow.code, 0) << narrow.log;
  EXPECT_EQ(lines_with(narrow.log, "saved with --dtype float32, not bfloat16").size(), 1u)
      << narrow.log;

  ASSERT_EQ(train_imagenet(small_run(folder / "model") + kBfloat16 +
                           std::vector<std::string>{"--overwrite"})
                .code,
            0);
  const Ended wide = train_imagenet(small_run(folder / "model") + from_3);
  ASSERT_EQ(wide.code, 0) << wide.log;
  EXPECT_EQ(lines_with(wide.log, "saved with --dtype bfloat16, not float32").size(), 1u)
      << wide.log;
}

TEST(Bfloat16, IsFloat32OnCpusWithoutInstructionsForItAndSaysSo) {
  const OlderCpu older;
  const Folder folder;
  const std::vector<std::string> one_epoch{"--num-examples", "64", "--num-epochs", "1"};
  const Ended ended = train_imagenet(small_run(folder / "asked") + one_epoch + kBfloat16);
  ASSERT_EQ(ended.code, 0) << ended.log;
  EXPECT_EQ(lines_with(ended.log,
                       "Computing in float32, because this CPU has no instructions for bfloat16")
                .size(),
            1u)
      << ended.log;
  ASSERT_EQ(train_imagenet(small_run(folder / "plain") + one_epoch).code, 0);
  const std::string plain = read_file(folder / "plain-0001.safetensors");
  ASSERT_FALSE(plain.empty());
  EXPECT_TRUE(read_file(folder / "asked-0001.safetensors") == plain);

  const Ended summary = train_imagenet(kBfloat16 + std::vector<std::string>{"--summary"});
  EXPECT_EQ(lines_with(summary.log,
                       "computed in float32, because this CPU has no instructions for bfloat16")
                .size(),
            1u)
      << summary.log;
}

}  // namespace
}  // namespace forebay
