#include <gtest/gtest.h>

#include <forebay/nodes/read/index.hpp>

#include "test_files.hpp"

namespace forebay::test {
namespace {

TEST(Index, ReadsWhatItWrites) {
  const TemporaryFolder folder;
  const std::vector<IndexEntry> entries = {{3, 0}, {1, 1'000'000'000'000}, {2, 8}};
  write_index(folder / "a.idx", entries);
  EXPECT_EQ(read_file(folder / "a.idx"), "3\t0\n1\t1000000000000\n2\t8\n");
  EXPECT_EQ(read_index(folder / "a.idx"), entries);
}

TEST(Index, AcceptsSpacesBlankLinesAndForeignLineEnds) {
  const TemporaryFolder folder;
  write_file(folder / "a.idx", "0 0\r\n\n1\t \t8 \n2 16");
  EXPECT_EQ(read_index(folder / "a.idx"), (std::vector<IndexEntry>{{0, 0}, {1, 8}, {2, 16}}));
}

TEST(Index, NamesTheBadLine) {
  const TemporaryFolder folder;
  const std::string path = folder / "a.idx";
  const std::vector<std::pair<std::string, std::string>> lines = {
      {"1", "1"},
      {"1\tx", "1\tx"},
      {"n01440764 8", "n01440764 8"},
      {"1\t8\t9", "1\t8\t9"},
      {"1\t-8", "1\t-8"},
      {"1\t99999999999999999999", "1\t99999999999999999999"},
      {"\xff\x01" + std::string(100, 'y'), "\xff?" + std::string(58, 'y') + "..."},
  };
  for (const auto& [line, shown] : lines) {
    write_file(path, "0\t0\n\n" + line + "\n");
    EXPECT_EQ(error_of([&] { read_index(path); }),
              path + ", line 3: '" + shown +
                  "' is not a key and an offset; remake the index or delete it");
  }
}

TEST(Index, NamesAFileThatCannotBeRead) {
  EXPECT_EQ(error_of([] { read_index("/nowhere/a.idx"); }),
            "cannot open /nowhere/a.idx: No such file or directory");
  const TemporaryFolder folder;
  EXPECT_EQ(error_of([&] { read_index(folder.path()); }),
            "cannot read " + folder.path() + ": it is a folder");
}

}  // namespace
}  // namespace forebay::test
