#include <im2rec/make_lists.hpp>

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include <forebay/graph/error.hpp>
#include <im2rec/python_shuffle.hpp>

#include "temporary_folder.hpp"

namespace forebay {
namespace {

Im2recOptions options_for(const TemporaryFolder& folder) {
  Im2recOptions options;
  options.prefix = folder.path("data");
  options.root = fixture("photos");
  options.recursive = true;
  return options;
}

std::vector<ListEntry> numbered(std::size_t count) {
  std::vector<ListEntry> entries;
  for (std::size_t i = 0; i < count; ++i) entries.push_back({i, {0}, std::to_string(i)});
  return entries;
}

// "data_0_train.lst: 3-8", one line per list.
std::string layout(const std::vector<ImageList>& lists) {
  std::string text;
  for (const auto& list : lists) {
    text += list.path + ':';
    if (!list.entries.empty()) {
      text += ' ' + list.entries.front().path + '-' + list.entries.back().path;
    }
    text += '\n';
  }
  return text;
}

std::string error_of(const Im2recOptions& options) {
  std::ostringstream out;
  try {
    make_lists(options, out);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(MakeListsTest, WritesTheListThatPythonsShuffleGives) {
  const TemporaryFolder folder;
  std::ostringstream out;
  make_lists(options_for(folder), out);
  EXPECT_EQ(content(folder.path("data.lst")), content(fixture("shuffled.lst")));
  EXPECT_EQ(out.str(),
            ". 0\nbirds 1\ncats 2\ndogs/turned 3\n" + folder.path("data.lst") + ": 13 images\n");
}

TEST(MakeListsTest, KeepsTheSortedOrderWhenAsked) {
  const TemporaryFolder folder;
  auto options = options_for(folder);
  options.no_shuffle = true;
  std::ostringstream out;
  make_lists(options, out);
  EXPECT_EQ(content(folder.path("data.lst")), content(fixture("sorted.lst")));
}

TEST(MakeListsTest, ListsOneFolderWithLabel0UnlessRecursive) {
  const TemporaryFolder folder;
  auto options = options_for(folder);
  options.recursive = false;
  std::ostringstream out;
  make_lists(options, out);
  EXPECT_EQ(content(folder.path("data.lst")), "0\t0.000000\tzebra.png\n");
  EXPECT_EQ(out.str(), folder.path("data.lst") + ": 1 images\n");
}

TEST(MakeListsTest, TakesOnlyTheExtensionsAskedFor) {
  const TemporaryFolder folder;
  auto options = options_for(folder);
  options.exts = {".png"};
  options.no_shuffle = true;
  std::ostringstream out;
  make_lists(options, out);
  EXPECT_EQ(content(folder.path("data.lst")),
            "0\t0.000000\tzebra.png\n1\t1.000000\tbirds/wren.PNG\n");
}

TEST(MakeListsTest, SaysWhyNoImageWasFound) {
  const TemporaryFolder folder;
  auto options = options_for(folder);
  options.root = fixture("photos/dogs");
  options.recursive = false;
  EXPECT_EQ(error_of(options), "no .jpeg .jpg .png files in " + options.root +
                                   " itself; --recursive looks into its folders");
  options.recursive = true;
  options.exts = {".webp"};
  EXPECT_EQ(error_of(options),
            "no .webp files in " + options.root + "; --exts names the files that are images");
  EXPECT_TRUE(folder.names().empty());
}

TEST(PythonShuffleTest, IsPythonsForSeed100) {
  std::ifstream file(fixture("order.txt"));
  std::vector<std::uint64_t> expected;
  for (std::uint64_t number; file >> number;) expected.push_back(number);
  ASSERT_EQ(expected.size(), 5000U);
  EXPECT_EQ(python_shuffle(5000, 100), expected);
  EXPECT_TRUE(python_shuffle(0, 100).empty());
}

// The numbers are im2rec.py's arithmetic: parts are rounded down, also those of a shorter chunk.
TEST(SplitTest, GivesTestThenTrainingThenValidationImages) {
  Im2recOptions options;
  options.prefix = "p";
  EXPECT_EQ(layout(split(numbered(10), options)), "p.lst: 0-9\n");
  options.train_ratio = 0.75;
  EXPECT_EQ(layout(split(numbered(10), options)), "p_train.lst: 0-6\np_val.lst: 7-9\n");
  options.test_ratio = 0.125;
  EXPECT_EQ(layout(split(numbered(10), options)),
            "p_test.lst: 0-0\np_train.lst: 1-7\np_val.lst: 8-9\n");
  options.test_ratio = 0.25;
  EXPECT_EQ(layout(split(numbered(10), options)), "p_test.lst: 0-1\np_train.lst: 2-8\n");
}

TEST(SplitTest, CutsIntoChunks) {
  Im2recOptions options;
  options.prefix = "p";
  options.chunks = 3;
  EXPECT_EQ(layout(split(numbered(10), options)), "p_0.lst: 0-3\np_1.lst: 4-7\np_2.lst: 8-9\n");
  options.train_ratio = 0.5;
  EXPECT_EQ(layout(split(numbered(10), options)),
            "p_0_train.lst: 0-1\np_0_val.lst: 2-3\np_1_train.lst: 4-5\np_1_val.lst: 6-7\n"
            "p_2_train.lst: 8-9\np_2_val.lst:\n");
  options.chunks = 4;
  options.train_ratio = 1;
  EXPECT_EQ(layout(split(numbered(2), options)),
            "p_0.lst: 0-0\np_1.lst: 1-1\np_2.lst:\np_3.lst:\n");
}

}  // namespace
}  // namespace forebay
