#include <train_imagenet/flags.hpp>

#include <fstream>
#include <set>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace forebay {
namespace {

using testing::HasSubstr;

TEST(FlagsTest, HaveDifferentNames) {
  std::set<std::string> names;
  for (const Flag& flag : flags()) EXPECT_TRUE(names.insert(flag.name).second) << flag.name;
}

TEST(FlagsTest, CoverEveryFlagOfMxnetsProgram) {
  const char* mxnet[] = {"network",
                         "num-layers",
                         "gpus",
                         "kv-store",
                         "num-epochs",
                         "lr",
                         "lr-factor",
                         "lr-step-epochs",
                         "initializer",
                         "optimizer",
                         "mom",
                         "wd",
                         "batch-size",
                         "disp-batches",
                         "model-prefix",
                         "save-period",
                         "monitor",
                         "load-epoch",
                         "top-k",
                         "loss",
                         "test-io",
                         "dtype",
                         "gc-type",
                         "gc-threshold",
                         "macrobatch-size",
                         "warmup-epochs",
                         "warmup-strategy",
                         "profile-worker-suffix",
                         "profile-server-suffix",
                         "use-imagenet-data-augmentation",
                         "data-train",
                         "data-train-idx",
                         "data-val",
                         "data-val-idx",
                         "rgb-mean",
                         "rgb-std",
                         "pad-size",
                         "fill-value",
                         "image-shape",
                         "num-classes",
                         "num-examples",
                         "data-nthreads",
                         "benchmark",
                         "random-crop",
                         "random-mirror",
                         "max-random-h",
                         "max-random-s",
                         "max-random-l",
                         "min-random-aspect-ratio",
                         "max-random-aspect-ratio",
                         "max-random-rotate-angle",
                         "max-random-shear-ratio",
                         "max-random-scale",
                         "min-random-scale",
                         "max-random-area",
                         "min-random-area",
                         "min-crop-size",
                         "max-crop-size",
                         "brightness",
                         "contrast",
                         "saturation",
                         "pca-noise",
                         "random-resized-crop"};
  for (const char* name : mxnet) EXPECT_NE(find_flag(name), nullptr) << name;
}

TEST(FlagsTest, ShowDefaultsThatParse) {
  for (const Flag& flag : flags()) {
    if (flag.standard.empty() || flag.group == FlagGroup::kNotYet) continue;
    TrainOptions options;
    EXPECT_NO_THROW(flag.set(options, flag.standard, "")) << flag.name;
    ASSERT_TRUE(flag.show) << flag.name;
    EXPECT_EQ(flag.show(options), flag.show(TrainOptions{})) << flag.name;
  }
}

TEST(FlagsTest, PrintHelpInGroupsWithin100Columns) {
  const std::string help = help_text();
  for (const char* title :
       {"\nTraining:\n", "\nData:\n", "\nAugmentation of training images:\n", "\nForebay:\n"}) {
    EXPECT_THAT(help, HasSubstr(title));
  }
  EXPECT_THAT(help,
              HasSubstr("  --save-period N                 epochs between checkpoints [1]\n"));
  std::istringstream lines(help);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 100u) << line;
}

TEST(FlagsTest, AreTheOnesThatTheDocumentationLists) {
  std::ifstream file(FOREBAY_FLAG_TABLE);
  ASSERT_TRUE(file);
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_THAT(text.str(), HasSubstr(help_markdown()))
      << "replace the tables in " << FOREBAY_FLAG_TABLE << " with train_imagenet --help-markdown";
}

TEST(FlagsTest, PrintAllOptionsAsPythonsNamespace) {
  const std::string text = namespace_text(TrainOptions{});
  EXPECT_THAT(text, testing::StartsWith(
                        "Namespace(augment='imagenet', bad_image_limit=100, "
                        "batch_size=128, benchmark=0, brightness=0, cache=None, config='', "));
  EXPECT_THAT(text, HasSubstr(", load_epoch=None, "));
  EXPECT_THAT(text, HasSubstr(", lr_step_epochs='30,60', "));
  EXPECT_THAT(text, HasSubstr(", devices='cpu:0', "));
}

}  // namespace
}  // namespace forebay
