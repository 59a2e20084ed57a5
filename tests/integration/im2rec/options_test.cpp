#include <im2rec/options.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include <forebay/graph/error.hpp>

#include "temporary_folder.hpp"

namespace forebay {
namespace {

const std::string kRoot = FOREBAY_FIXTURES;

Im2recOptions parse(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"/data/train", kRoot});
  return parse_im2rec_options(arguments);
}

std::string error_of(const std::vector<std::string>& arguments) {
  try {
    parse_im2rec_options(arguments);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

std::string error_with(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"/data/train", kRoot});
  return error_of(arguments);
}

TEST(Im2recOptionsTest, HasTheDefaultsOfIm2recPy) {
  const auto options = parse({});
  EXPECT_EQ(options.prefix, "/data/train");
  EXPECT_EQ(options.root, kRoot);
  EXPECT_FALSE(options.list || options.recursive || options.no_shuffle || options.pass_through ||
               options.center_crop || options.pack_label);
  EXPECT_EQ(options.exts, (std::vector<std::string>{".jpeg", ".jpg", ".png"}));
  EXPECT_EQ(options.chunks, 1);
  EXPECT_EQ(options.train_ratio, 1);
  EXPECT_EQ(options.test_ratio, 0);
  EXPECT_EQ(options.resize, 0);
  EXPECT_EQ(options.quality, 95);
  EXPECT_EQ(options.color, Color::kColor);
  EXPECT_EQ(options.encoding, Encoding::kJpeg);
  EXPECT_EQ(options.on_bad_image, OnError::kSkip);
  EXPECT_GE(options.num_thread, 1);
}

TEST(Im2recOptionsTest, ReadsEveryFlag) {
  const auto lists = parse({"--list", "--recursive", "--no-shuffle", "--exts", ".JPG", ".webp",
                            "--chunks=3", "--train-ratio", "0.75", "--test-ratio", "0.25"});
  EXPECT_TRUE(lists.list && lists.recursive && lists.no_shuffle);
  EXPECT_EQ(lists.exts, (std::vector<std::string>{".jpg", ".webp"}));
  EXPECT_EQ(lists.chunks, 3);
  EXPECT_EQ(lists.train_ratio, 0.75);
  EXPECT_EQ(lists.test_ratio, 0.25);
  const auto packing =
      parse({"--resize", "256", "--center-crop", "--quality", "80", "--num-thread", "7", "--color",
             "-1", "--encoding", ".jpg", "--pack-label", "--on-bad-image", "stop"});
  EXPECT_TRUE(packing.center_crop && packing.pack_label);
  EXPECT_EQ(packing.resize, 256);
  EXPECT_EQ(packing.quality, 80);
  EXPECT_EQ(packing.num_thread, 7);
  EXPECT_EQ(packing.color, Color::kAsStored);
  EXPECT_EQ(packing.on_bad_image, OnError::kStop);
  EXPECT_TRUE(parse({"--pass-through"}).pass_through);
  EXPECT_EQ(parse({"--encoding=.png"}).quality, 3);
}

TEST(Im2recOptionsTest, TakesPathsBeforeAndAfterExtensions) {
  const auto options =
      parse_im2rec_options({"--list", "--exts", ".jpg", ".png", "/data/train", kRoot});
  EXPECT_EQ(options.exts, (std::vector<std::string>{".jpg", ".png"}));
  EXPECT_EQ(options.prefix, "/data/train");
}

TEST(Im2recOptionsTest, NotesFlagsWithoutEffect) {
  EXPECT_EQ(parse({"--list", "--recursive", "--exts", ".jpg"}).note, "");
  EXPECT_EQ(parse({"--resize", "256", "--num-thread", "2"}).note, "");
  EXPECT_EQ(parse({"--list", "--resize", "256"}).note, "--resize has no effect with --list");
  EXPECT_EQ(parse({"--list", "--pack-label", "--center-crop", "--quality", "90", "--quality=80",
                   "--color=0", "--encoding=.jpg"})
                .note,
            "--center-crop, --quality, --color, --encoding, --pack-label have no effect with "
            "--list");
  EXPECT_EQ(parse({"--list", "--pass-through"}).note, "--pass-through has no effect with --list");
  EXPECT_EQ(parse({"--recursive", "--no-shuffle", "--exts", ".png", "--chunks=2",
                   "--train-ratio=0.5", "--test-ratio=0.1"})
                .note,
            "--exts, --recursive, --no-shuffle, --train-ratio, --test-ratio, --chunks have no "
            "effect without --list");
}

TEST(Im2recOptionsTest, SaysWhatIsWrongWithTheCommandLine) {
  EXPECT_EQ(error_of({"train"}),
            "PREFIX and ROOT are needed: im2rec PREFIX ROOT, e.g. im2rec data/train photos; "
            "--help says more");
  EXPECT_EQ(error_of({"train", "/no/such/folder"}),
            "ROOT is '/no/such/folder', which is no folder; give the folder of the images");
  EXPECT_EQ(error_with({"more"}),
            "unexpected argument 'more' after PREFIX and ROOT; flags begin with two dashes");
  EXPECT_EQ(error_with({"--no-shufle"}), "unknown flag --no-shufle; did you mean --no-shuffle?");
  EXPECT_EQ(error_with({"--rec"}), "unknown flag --rec; did you mean --recursive?");
  EXPECT_EQ(error_with({"--list=yes"}), "--list takes no value; leave the value out");
  EXPECT_EQ(error_with({"--resize"}), "--resize has no value; give one");
  EXPECT_EQ(error_with({"--exts", "jpg"}),
            "--exts is 'jpg'; give extensions with their dot, e.g. .jpg .png");
  EXPECT_EQ(error_with({"--train-ratio", "0.9", "--test-ratio", "0.2"}),
            "--train-ratio is 0.9 and --test-ratio is 0.2, more than 1 together; give parts of a "
            "whole");
  EXPECT_EQ(error_with({"--quality", "0"}),
            "--quality is '0'; give a whole number from 1 to 100 for .jpg");
  EXPECT_EQ(error_with({"--quality", "95", "--encoding", ".png"}),
            "--quality is '95'; give a whole number from 0 to 9 for .png");
  EXPECT_EQ(error_with({"--color", "2"}), "--color is '2'; give 1, 0 or -1");
  EXPECT_EQ(error_with({"--num-thread", "0"}),
            "--num-thread is '0'; give a whole number from 1 to 1024");
  EXPECT_EQ(error_with({"--pass-through", "--resize", "5"}),
            "--pass-through packs files as they are, without --resize; give one of the two");
}

TEST(Im2recOptionsTest, HelpNamesEveryFlagWithin100Columns) {
  const std::string help = im2rec_help();
  for (const char* name :
       {"list", "exts", "chunks", "train-ratio", "test-ratio", "recursive", "no-shuffle",
        "pass-through", "resize", "center-crop", "quality", "num-thread", "color", "encoding",
        "pack-label", "restart-rows", "on-bad-image"}) {
    EXPECT_NE(help.find(std::string("\n  --") + name), help.npos) << name;
  }
  std::istringstream lines(help);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 100U) << line;
  EXPECT_TRUE(parse_im2rec_options({"-h"}).help);
}

}  // namespace
}  // namespace forebay
