// What a reader says about bad options and bad files, word for word.

#include <gtest/gtest.h>

#include <filesystem>

#include <forebay/nodes/read/reader.hpp>

#include "test_files.hpp"

namespace forebay::test {
namespace {

// Reads everything; the text of the first error.
std::string error_with(const ReaderOptions& options) {
  return error_of([&] {
    RecordReader reader(options);
    while (reader()) {
    }
  });
}

class BadFile : public testing::Test {
 protected:
  BadFile() { write_records(path_, 5, WithIndex::kYes); }

  // 40 to 60 bytes a record: they begin at 0, 40, 88, 144 and 204; the file has 248 bytes.
  void change(std::size_t at, const std::string& bytes) {
    std::string content = read_file(path_);
    content.replace(at, bytes.size(), bytes);
    write_file(path_, content);
  }
  void write_index(const std::string& lines) { write_file(index_, lines); }
  void remove_index() { std::filesystem::remove(index_); }

  TemporaryFolder folder_;
  const std::string path_ = folder_ / "a.rec";
  const std::string index_ = folder_ / "a.idx";
};

TEST_F(BadFile, MissingOrNone) {
  EXPECT_EQ(error_with({.data = "/nowhere/a.rec"}),
            "cannot open /nowhere/a.rec: No such file or directory");
  EXPECT_EQ(error_with({.data = path_, .index = "/nowhere/a.idx"}),
            "cannot open /nowhere/a.idx: No such file or directory");
  EXPECT_EQ(error_with({.data = ""}), "no data to read; give a .rec file or a folder of images");
  EXPECT_EQ(error_with({.data = "/dev/null"}), "cannot read /dev/null: it is not a regular file");
  EXPECT_EQ(error_with({.data = path_, .index = "a.idx;b.idx"}),
            "2 .idx files are given for 1 .rec files; give one for each or none");
}

TEST_F(BadFile, FolderWithoutData) {
  const std::string empty = folder_ / "empty";
  std::filesystem::create_directory(empty);
  EXPECT_EQ(error_with({.data = empty}),
            "cannot read " + empty +
                ": neither .rec files nor images (.jpeg, .jpg, .png, .webp, .bmp) are in it");
  EXPECT_EQ(error_with({.data = path_ + ";" + empty}),
            "cannot read " + empty + ": no .rec file is in it");
}

TEST_F(BadFile, EmptyOrNoRecordIo) {
  remove_index();
  write_file(path_, "");
  EXPECT_EQ(error_with({.data = path_}),
            "cannot read " + path_ + ": it is empty; pack images with im2rec");
  const std::vector<std::pair<std::string, std::string>> contents = {
      {"\xff\xd8\xff\xe0 JFIF", "a JPEG image"}, {"\x89PNG\r\n\x1a\n", "a PNG image"},
      {"PK\x03\x04 zipped", "a zip archive"},    {"\x1f\x8b gzip", "a gzip file"},
      {"0\t0.0\tcat/1.jpg\n", "text"},           {"x", "text"},
      {"\x01\x02\x03\x04", "other binary data"},
  };
  for (const auto& [content, what] : contents) {
    write_file(path_, content);
    EXPECT_EQ(error_with({.data = path_}),
              "cannot read " + path_ +
                  ": it does not begin with the RecordIO magic, it looks like " + what +
                  "; pack images with im2rec");
  }
}

TEST_F(BadFile, CutOff) {
  remove_index();
  std::filesystem::resize_file(path_, 241);
  EXPECT_EQ(error_with({.data = path_}),
            "cannot read " + path_ +
                ": its size, 241 bytes, is not a multiple of 4, so its end is "
                "missing; copy or pack it again");
  std::filesystem::resize_file(path_, 240);
  EXPECT_EQ(error_with({.data = path_}),
            path_ +
                ", record 4 at byte 204: a part of the record takes 44 bytes, but only 36 are "
                "left; the file is damaged or cut off: copy or pack it again");
  std::filesystem::resize_file(path_, 208);
  EXPECT_EQ(error_with({.data = path_}),
            path_ +
                ", record 4 at byte 204: a record head takes 8 bytes, but only 4 are left; the "
                "file is damaged or cut off: copy or pack it again");
}

TEST_F(BadFile, DamagedInTheMiddle) {
  change(88, "!");
  const std::string what =
      path_ +
      ", record 2 at byte 88: no record begins here (found 0xced72321, not the magic "
      "0xced7230a); the file is damaged";
  EXPECT_EQ(error_with({.data = path_}), what + ": copy or pack it again or remake " + index_);
  remove_index();
  EXPECT_EQ(error_with({.data = path_}), what + " or cut off: copy or pack it again");
}

TEST_F(BadFile, GoesOnBehindADamagedRecord) {
  change(88, "!");
  RecordReader reader({.data = path_});
  reader();
  reader();
  EXPECT_NE(error_of([&] { reader(); }), "");
  EXPECT_EQ(reader()->id, 3U);
}

TEST_F(BadFile, RecordThatIsNoImage) {
  remove_index();
  RecordWriter writer(path_);
  writer.write(0, bytes_of("small"));
  writer.close();
  EXPECT_EQ(error_with({.data = path_}),
            path_ +
                ", record 0 at byte 0: not an image record: its 5 bytes are fewer than the 24 "
                "of a header; the file is damaged: copy or pack it again");
}

TEST_F(BadFile, IndexThatIsNoIndex) {
  write_index("0\t0\n1\tforty\n");
  EXPECT_EQ(
      error_with({.data = path_}),
      index_ + ", line 2: '1\tforty' is not a key and an offset; remake the index or delete it");
}

TEST_F(BadFile, IndexOfAnotherFile) {
  const std::string mismatch = index_ + " does not match " + path_ + ": ";
  const std::string advice = "; remake the index or delete it";
  const auto with_index = [&](const std::string& lines) {
    write_index(lines);
    return error_with({.data = path_});
  };
  EXPECT_EQ(with_index(""), mismatch + "it lists no records" + advice);
  EXPECT_EQ(with_index("0\t0\n1\t248\n"),
            mismatch + "it lists a record at byte 248, the file has 248 bytes" + advice);
  EXPECT_EQ(with_index("1\t40\n"), mismatch + "it lists no record at byte 0" + advice);
  EXPECT_EQ(with_index("0\t0\n1\t40\n2\t40\n"),
            mismatch + "it lists the record at byte 40 twice" + advice);
  EXPECT_EQ(with_index("0\t0\n1\t42\n"),
            mismatch + "it lists a record at byte 42, not a multiple of 4" + advice);
  EXPECT_EQ(with_index("0\t0\n1\t40\n2\t88\n3\t144\n"),
            mismatch + "it does not list the record at byte 204" + advice);
  EXPECT_EQ(with_index("0\t0\n1\t40\n2\t88\n3\t144\n4\t208\n"),
            path_ +
                ", record 4 at byte 208: no record begins here (found 0x00000024, not the magic "
                "0xced7230a); the file is damaged or cut off: copy or pack it again (found by " +
                index_ + "; if that is of another file, remake or delete it)");
}

TEST_F(BadFile, IndexThatSkipsARecordOrPointsInside) {
  const std::string advice = "; the file is damaged: copy or pack it again or remake " + index_;
  write_index("0\t0\n1\t40\n2\t144\n3\t204\n");
  EXPECT_EQ(error_with({.data = path_}),
            path_ +
                ", record 1 at byte 40: the record takes 48 bytes, but the next one begins after "
                "104" +
                advice);
  write_index("0\t0\n1\t40\n2\t92\n3\t144\n4\t204\n");
  EXPECT_EQ(error_with({.data = path_, .begin = 2}),
            path_ +
                ", record 2 at byte 92: no record begins here (found 0x0000002d, not the magic "
                "0xced7230a)" +
                advice);
}

TEST_F(BadFile, OtherNumberOfLabels) {
  EXPECT_EQ(error_with({.data = path_, .begin = 3, .label_width = 2}),
            path_ +
                ", record 3 (id 3): label_width is 2, but the record has 1; set label_width to 1 "
                "or pack it again");
}

TEST_F(BadFile, ShrinksWhileItIsRead) {
  RecordReader reader({.data = path_, .block_bytes = 100});
  reader();
  std::filesystem::resize_file(path_, 160);
  EXPECT_EQ(error_of([&] {
              while (reader()) {
              }
            }),
            "cannot read " + path_ + " at byte 160: the file ends before the 44 bytes wanted");
}

TEST_F(BadFile, ImageThatVanishes) {
  write_file(folder_ / "photos/1.jpg", "");
  RecordReader reader({.data = folder_ / "photos"});
  std::filesystem::remove(folder_ / "photos/1.jpg");
  EXPECT_EQ(error_of([&] { reader(); }),
            "cannot open " + (folder_ / "photos/1.jpg") + ": No such file or directory");
}

TEST_F(BadFile, BadOptions) {
  EXPECT_EQ(error_with({.data = path_, .parts = 0}), "parts is 0; give 1 or more");
  EXPECT_EQ(error_with({.data = path_, .part = 4, .parts = 4}),
            "part is 4 of 4 parts; give 0 to 3");
  EXPECT_EQ(error_with({.data = path_, .part = 7, .parts = 8}), "");
  EXPECT_EQ(error_with({.data = path_, .part = 0, .parts = 8}),
            "part 0 of 8 of " + path_ + " has no records, there are 5; use fewer parts");
  EXPECT_EQ(error_with({.data = path_, .begin = 3, .end = 2}),
            "cannot read from position 3 to 2; the end must not be before the begin");
  EXPECT_EQ(error_with({.data = path_, .label_width = 0}), "label_width is 0; give 1 or more");
  EXPECT_EQ(error_with({.data = path_, .block_bytes = 0}), "block_bytes is 0; give 1 or more");
  EXPECT_EQ(error_with({.data = path_, .window = 0}), "window is 0; give 1 or more");
  write_file(folder_ / "photos/1.jpg", "");
  EXPECT_EQ(error_with({.data = folder_ / "photos", .label_width = 2}),
            "label_width is 2, but images in folders have one label; leave it out");
}

}  // namespace
}  // namespace forebay::test
