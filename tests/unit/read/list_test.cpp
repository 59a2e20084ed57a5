#include <gtest/gtest.h>

#include <forebay/nodes/read/list.hpp>

#include "test_files.hpp"

namespace forebay::test {
namespace {

TEST(List, ReadsWhatItWrites) {
  const TemporaryFolder folder;
  const std::vector<ListEntry> entries = {{0, {3.0F}, "cat/a b.jpg"},
                                          {7, {1.5F, -2.0F, 0.0F}, "dog/\xc3\xa4.png"}};
  write_list(folder / "a.lst", entries);
  EXPECT_EQ(read_file(folder / "a.lst"),
            "0\t3.000000\tcat/a b.jpg\n7\t1.500000\t-2.000000\t0.000000\tdog/\xc3\xa4.png\n");
  EXPECT_EQ(read_list(folder / "a.lst"), entries);
}

TEST(List, AcceptsIntegersAsLabelsAndForeignLineEnds) {
  const TemporaryFolder folder;
  write_file(folder / "a.lst", "5\t12\tx.jpg\r\n\n6\t1e2\ty.jpg");
  EXPECT_EQ(read_list(folder / "a.lst"),
            (std::vector<ListEntry>{{5, {12.0F}, "x.jpg"}, {6, {100.0F}, "y.jpg"}}));
}

TEST(List, NamesTheBadLine) {
  const TemporaryFolder folder;
  const std::string path = folder / "a.lst";
  const std::vector<std::pair<std::string, std::string>> lines = {
      {"1\tx.jpg", "'1\tx.jpg' needs an id, labels and a path, separated by tabs"},
      {"1 0 x.jpg", "'1 0 x.jpg' needs an id, labels and a path, separated by tabs"},
      {"a\t0\tx.jpg", "the id 'a' is not an integer"},
      {"1.5\t0\tx.jpg", "the id '1.5' is not an integer"},
      {"1\tcat\tx.jpg", "the label 'cat' is not a number"},
      {"1\tnan\tx.jpg", "the label 'nan' is not a number"},
      {"1\t0\t\tx.jpg", "the label '' is not a number"},
      {"1\t0\t", "the path is empty"},
  };
  for (const auto& [line, message] : lines) {
    write_file(path, "0\t0\ta.jpg\n" + line + "\n");
    EXPECT_EQ(error_of([&] { read_list(path); }), path + ", line 2: " + message);
  }
}

TEST(List, RefusesToWriteWhatCannotBeReadBack) {
  const TemporaryFolder folder;
  const std::string path = folder / "a.lst";
  const auto write = [&](ListEntry entry) {
    return error_of([&] { write_list(path, std::span(&entry, 1)); });
  };
  EXPECT_EQ(write({1, {}, "x.jpg"}), "cannot write " + path + ": x.jpg has no label");
  EXPECT_EQ(write({1, {0}, "x\ny"}),
            "cannot write " + path + ": the path 'x?y' is empty or holds a tab or a newline");
  EXPECT_FALSE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace forebay::test
