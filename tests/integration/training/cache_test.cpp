// Training with decoded images that stay in memory ends bit for bit as without.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <string>

#include "program.hpp"
#include "small_run.hpp"

namespace forebay {
namespace {

using ::testing::HasSubstr;

/// Flags of three epochs of 60 photos, of which crops need two resolutions.
std::vector<std::string> photo_run(const Folder& folder, const std::string& prefix) {
  return {"--network",      "resnet",
          "--num-layers",   "20",
          "--image-shape",  "3,32,32",
          "--num-classes",  "10",
          "--data-train",   folder / "photos",
          "--batch-size",   "15",
          "--num-epochs",   "3",
          "--devices",      "cpu:0",
          "--model-prefix", prefix};
}

TEST(Cache, ChangesNoBitOfTheWeights) {
  const Folder folder;
  ASSERT_EQ(Program(FOREBAY_MAKE_PHOTOS, {folder / "photos", "--images", "60", "--size", "100x75"})
                .wait()
                .code,
            0);
  for (const std::vector<std::string>& way : {std::vector<std::string>{}, {"--exact-decode"}}) {
    const auto weights = [&](const std::string& name, const std::vector<std::string>& cache,
                             const std::string& says) {
      const Ended ended = train_imagenet(photo_run(folder, folder / name) + way + cache +
                                         std::vector<std::string>{"--overwrite"});
      EXPECT_EQ(ended.code, 0) << ended.log;
      EXPECT_THAT(ended.log, HasSubstr(says));
      return read_file(folder / (name + "-0003.safetensors"));
    };
    const std::string without = weights("without", {}, "Epoch[2]");
    EXPECT_TRUE(without ==
                weights("all", {"--cache", "ram:64M"},
                        "cache: 120 of 180 images came from memory (66.7 %); 60 are in "));
    EXPECT_TRUE(without == weights("some", {"--cache", "ram:300K"}, " of 0.3 MiB, no more fit\n"));
  }
}

TEST(Cache, ResumedRunsEndBitForBitTheSame) {
  const Folder folder;
  ASSERT_EQ(train_imagenet(small_run(folder / "whole")).code, 0);
  const std::vector<std::string> cached =
      small_run(folder / "cached") + std::vector<std::string>{"--cache", "ram:1M", "--resume"};
  {
    Program program(FOREBAY_TRAIN_IMAGENET, cached);
    ASSERT_TRUE(program.wait_for_line_with("Epoch[1] Validation-accuracy"));
    program.send(SIGKILL);
    program.wait();
  }
  const Ended ended = train_imagenet(cached);
  ASSERT_EQ(ended.code, 0) << ended.log;
  EXPECT_TRUE(last_checkpoint(folder / "cached") == last_checkpoint(folder / "whole"));
}

TEST(Cache, IsRefusedWhereTheHostHasLessMemory) {
  const Ended ended = train_imagenet({"--data-train", digits("train.rec"), "--image-shape",
                                      "1,28,28", "--num-classes", "10", "--cache", "ram:1000000G"});
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.log, HasSubstr("train_imagenet: --cache is ram:1024000000M, but "));
  EXPECT_THAT(ended.log, HasSubstr(" MiB of memory are available; give less\n"));
}

}  // namespace
}  // namespace forebay
