#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>

#include <forebay/nodes/atomic_file.hpp>
#include <forebay/nodes/read/record_writer.hpp>

#include "test_files.hpp"

namespace forebay::test {
namespace {

namespace fs = std::filesystem;

std::size_t files_in(const TemporaryFolder& folder) {
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()));
}

TEST(RecordWriter, ShowsFilesUnderTheirNamesOnlyWhenClosed) {
  const TemporaryFolder folder;
  RecordWriter writer(folder / "a.rec", folder / "a.idx");
  writer.write(5, bytes_of("one"));
  EXPECT_FALSE(fs::exists(folder / "a.rec"));
  EXPECT_FALSE(fs::exists(folder / "a.idx"));
  writer.write(9, bytes_of("two"));
  EXPECT_EQ(writer.records(), 2U);
  EXPECT_EQ(writer.bytes(), 24U);
  writer.close();
  EXPECT_EQ(fs::file_size(folder / "a.rec"), 24U);
  EXPECT_EQ(read_file(folder / "a.idx"), "5\t0\n9\t12\n");
  EXPECT_EQ(files_in(folder), 2U);
}

TEST(RecordWriter, LeavesNothingWhenItIsNotClosed) {
  const TemporaryFolder folder;
  write_file(folder / "a.rec", "older");
  {
    RecordWriter writer(folder / "a.rec", folder / "a.idx");
    writer.write(0, bytes_of(std::string(3 << 20, 'x')));
  }
  EXPECT_EQ(read_file(folder / "a.rec"), "older");
  EXPECT_EQ(files_in(folder), 1U);
}

TEST(RecordWriter, ReplacesOlderFiles) {
  const TemporaryFolder folder;
  write_file(folder / "a.rec", "older");
  write_file(folder / "a.idx", "older");
  write_file(folder / "a.rec.tmp", "left by a killed program");
  RecordWriter writer(folder / "a.rec", folder / "a.idx");
  writer.write(0, bytes_of("new"));
  writer.close();
  EXPECT_EQ(fs::file_size(folder / "a.rec"), 12U);
  EXPECT_EQ(read_file(folder / "a.idx"), "0\t0\n");
  EXPECT_EQ(files_in(folder), 2U);
}

TEST(RecordWriter, NamesAFileThatCannotBeCreated) {
  EXPECT_EQ(error_of([] { RecordWriter("/nowhere/a.rec"); }),
            "saving \"/nowhere/a.rec\": No such file or directory; what was there before is untouched");
}

TEST(RecordWriter, NamesTheRecordThatIsTooLarge) {
  const TemporaryFolder folder;
  RecordWriter writer(folder / "a.rec");
  writer.write(0, bytes_of("small"));
  const std::byte nothing{};
  EXPECT_EQ(error_of([&] { writer.write(1, std::span(&nothing, kMaxRecordBytes + 1)); }),
            "cannot write record 1 of " + (folder / "a.rec") +
                ": a record of 536870912 bytes does not fit RecordIO; it takes at most 536870911");
}

// A limit on the size of files stands for a full disk.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    handler_ = std::signal(SIGXFSZ, SIG_IGN);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_{};
  void (*handler_)(int) = nullptr;
};

TEST(RecordWriter, SaysThatWritingFailedAndLeavesNothing) {
  const TemporaryFolder folder;
  {
    const FileSizeLimit limit(100'000);
    RecordWriter writer(folder / "a.rec", folder / "a.idx");
    writer.write(0, bytes_of(std::string(200'000, 'x')));
    EXPECT_EQ(error_of([&] { writer.close(); }),
              "saving \"" + (folder / "a.rec") + "\": File too large; what was there before is untouched");
  }
  EXPECT_EQ(files_in(folder), 0U);
}

}  // namespace
}  // namespace forebay::test
