// What is wrong is refused with one line that says what to do, and leaves nothing behind.

#include <gtest/gtest.h>

#include <cstddef>
#include <cstring>
#include <filesystem>
#include <span>

#include <forebay/nodes/read/record_writer.hpp>

#include "program.hpp"

namespace forebay {
namespace {

constexpr int kFailed = 1, kWrongUse = 2;

class BadInput : public testing::Test {
 protected:
  // Trains an MLP on `train` for an epoch, with `more` flags; the prefix is in output_.
  Ended run(const std::string& train, const std::vector<std::string>& more = {}) const {
    return train_imagenet(std::vector<std::string>{"--network", "mlp", "--image-shape", "1,28,28",
                                                   "--num-classes", "10", "--data-train", train,
                                                   "--batch-size", "32", "--num-epochs", "1",
                                                   "--model-prefix", output_ / "model"} +
                          more);
  }

  // Expects that `ended` failed with `code` and, as its last line, `message`; that it saved
  // nothing.
  void expect_refused(const Ended& ended, int code, const std::string& message) const {
    EXPECT_EQ(ended.code, code) << ended.log;
    const std::vector<std::string> lines = lines_with(ended.log, "train_imagenet: ");
    ASSERT_EQ(lines.size(), 1u) << ended.log;
    EXPECT_EQ(lines.back(), "train_imagenet: " + message);
    EXPECT_TRUE(ended.log.ends_with(lines.back() + "\n")) << ended.log;
    EXPECT_EQ(output_.files(), std::vector<std::string>{});
  }

  // The training digits with `change` applied to the file's bytes; no .idx beside it.
  template <typename Change>
  std::string damaged(Change change) const {
    std::string bytes = read_file(digits("train.rec"));
    change(bytes);
    write_file(input_ / "train.rec", bytes);
    return input_ / "train.rec";
  }

  // The byte in train.rec that record `number` begins at.
  static std::size_t offset_of(int number) {
    const std::vector<std::string> lines =
        lines_with(read_file(digits("train.idx")), std::to_string(number) + "\t");
    for (const std::string& line : lines) {
      const std::string key = std::to_string(number) + "\t";
      if (line.starts_with(key)) return std::stoul(line.substr(key.size()));
    }
    ADD_FAILURE() << "no record " << number;
    return 0;
  }

  static void set_label(std::string& bytes, int number, float label) {
    constexpr std::size_t kLabel = 12;  // after magic, length and flag
    std::memcpy(bytes.data() + offset_of(number) + kLabel, &label, sizeof label);
  }

  // A .rec of 64 records, of which number 40 is an image of no bytes.
  std::string with_an_empty_image() const {
    const std::string bytes = read_file(digits("train.rec"));
    const std::string path = input_ / "empty.rec";
    RecordWriter writer(path);
    for (int number = 0; number < 64; ++number) {
      constexpr std::size_t kFrame = 8, kHeader = 24;  // magic and length; flag, label and ids
      std::uint32_t length = 0;
      std::memcpy(&length, bytes.data() + offset_of(number) + 4, sizeof length);
      const std::size_t kept = number == 40 ? kHeader : length;
      writer.write(static_cast<std::uint64_t>(number),
                   std::as_bytes(std::span(bytes)).subspan(offset_of(number) + kFrame, kept));
    }
    writer.close();
    return path;
  }

  Folder input_, output_;
};

TEST_F(BadInput, MissingData) { expect_refused(run(input_ / "nowhere.rec"), kFailed, "?"); }

TEST_F(BadInput, TruncatedData) {
  const std::string path = damaged([](std::string& bytes) { bytes.resize(offset_of(700) + 100); });
  expect_refused(run(path), kFailed, "?");
}

TEST_F(BadInput, TruncatedDataWithItsIndex) {
  const std::string path = damaged([](std::string& bytes) { bytes.resize(offset_of(700) + 100); });
  expect_refused(run(path, {"--data-train-idx", digits("train.idx")}), kFailed, "?");
}

TEST_F(BadInput, WrongMagic) {
  const std::string path = damaged([](std::string& bytes) { bytes[offset_of(20)] = 'x'; });
  expect_refused(run(path), kFailed, "?");
}

TEST_F(BadInput, NoRecordFileAtAll) {
  write_file(input_ / "text.rec", "This is text and no RecordIO file.\n");
  expect_refused(run(input_ / "text.rec"), kFailed, "?");
}

TEST_F(BadInput, IndexOfAnotherFile) {
  expect_refused(run(digits("train.rec"), {"--data-train-idx", digits("val.idx")}), kFailed, "?");
}

TEST_F(BadInput, LabelOutOfRange) {
  const std::string path = damaged([](std::string& bytes) { set_label(bytes, 9, -1); });
  expect_refused(run(path), kFailed, "?");
}

TEST_F(BadInput, LabelThatIsNoWholeNumber) {
  const std::string path = damaged([](std::string& bytes) { set_label(bytes, 9, 2.5F); });
  expect_refused(run(path), kFailed, "?");
}

TEST_F(BadInput, FewerClassesThanTheDataHas) {
  expect_refused(run(digits("train.rec"), {"--num-classes", "9"}), kFailed, "?");
}

TEST_F(BadInput, ImageOfNoBytes) { expect_refused(run(with_an_empty_image()), kFailed, "?"); }

TEST_F(BadInput, ImageOfNoBytesIsSkippedAndCountedWhenAsked) {
  const Ended ended = run(with_an_empty_image(), {"--on-bad-image", "skip"});
  EXPECT_EQ(ended.code, 0) << ended.log;
  EXPECT_EQ(lines_with(ended.log, "1 bad images were skipped").size(), 1u) << ended.log;
}

TEST_F(BadInput, MoreBadImagesThanTheLimit) {
  expect_refused(run(with_an_empty_image(), {"--on-bad-image", "skip", "--bad-image-limit", "0"}),
                 kFailed, "?");
}

TEST_F(BadInput, NoRoomForTheCheckpoint) {
  // What is written to /dev/full ends as on a full disk.
  std::filesystem::create_symlink("/dev/full", output_ / "model-0001.safetensors.tmp");
  expect_refused(run(digits("train.rec")), kFailed, "?");
}

TEST_F(BadInput, BatchThatTheDevicesCannotShare) {
  expect_refused(run(digits("train.rec"), {"--devices", "cpu:0,cpu:1,cpu:2"}), kWrongUse, "?");
}

TEST_F(BadInput, BatchLargerThanAnEpoch) {
  expect_refused(run(digits("train.rec"), {"--batch-size", "2000"}), kFailed, "?");
}

TEST_F(BadInput, PrefixThatCannotBeWritten) {
  write_file(input_ / "file", "");
  const Ended ended = run(digits("train.rec"), {"--model-prefix", input_ / "file/model"});
  expect_refused(ended, kFailed, "?");
}

TEST_F(BadInput, CheckpointOfAnotherNetwork) {
  const std::string prefix = input_ / "model";
  ASSERT_EQ(run(digits("train.rec"), {"--model-prefix", prefix}).code, 0);
  const std::string before = read_file(prefix + "-0001.safetensors");
  const std::vector<std::string> more{"--model-prefix", prefix, "--num-epochs", "2", "--resume"};

  expect_refused(run(digits("train.rec"), more + std::vector<std::string>{"--network", "lenet"}),
                 kFailed, "?");
  expect_refused(run(digits("train.rec"), more + std::vector<std::string>{"--num-classes", "11"}),
                 kFailed, "?");
  EXPECT_TRUE(read_file(prefix + "-0001.safetensors") == before);
}

TEST_F(BadInput, CheckpointOfAnotherRun) {
  const std::string prefix = input_ / "model";
  ASSERT_EQ(run(digits("train.rec"), {"--model-prefix", prefix}).code, 0);
  const std::vector<std::string> more{"--model-prefix", prefix, "--num-epochs", "2", "--resume"};
  expect_refused(run(digits("train.rec"), more + std::vector<std::string>{"--batch-size", "16"}),
                 kFailed, "?");
}

TEST_F(BadInput, NoCheckpointOfThatEpoch) {
  expect_refused(run(digits("train.rec"), {"--num-epochs", "9", "--load-epoch", "7"}), kFailed,
                 "?");
}

TEST_F(BadInput, NodeThatTheGraphDoesNotHave) {
  expect_refused(run(digits("train.rec"), {"--decoder.concurrency", "2"}), kFailed, "?");
}

}  // namespace
}  // namespace forebay
