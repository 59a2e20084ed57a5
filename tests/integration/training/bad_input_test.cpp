// What is wrong is refused with one line that says what to do, and leaves nothing behind.

#include <gtest/gtest.h>
#include <sys/resource.h>

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

TEST_F(BadInput, MissingData) {
  expect_refused(run(input_ / "nowhere.rec"), kFailed,
                 "cannot open " + input_ / "nowhere.rec" + ": No such file or directory");
}

TEST_F(BadInput, TruncatedData) {
  const std::string path = damaged([](std::string& bytes) { bytes.resize(offset_of(700) + 100); });
  expect_refused(run(path), kFailed,
                 path +
                     ", record 700 at byte 256072: a part of the record takes 292 bytes, but only "
                     "100 are left; the file is damaged or cut off: copy or pack it again");
}

TEST_F(BadInput, TruncatedDataWithItsIndex) {
  const std::string path = damaged([](std::string& bytes) { bytes.resize(offset_of(700) + 100); });
  expect_refused(run(path, {"--data-train-idx", digits("train.idx")}), kFailed,
                 digits("train.idx") + " does not match " + path +
                     ": it lists a record at byte 526512, the file has 256172 bytes; remake the "
                     "index or delete it");
}

TEST_F(BadInput, WrongMagic) {
  const std::string path = damaged([](std::string& bytes) { bytes[offset_of(20)] = 'x'; });
  expect_refused(run(path), kFailed,
                 path +
                     ", record 20 at byte 7240: no record begins here (found 0xced72378, not the "
                     "magic 0xced7230a); the file is damaged or cut off: copy or pack it again");
}

TEST_F(BadInput, NoRecordFileAtAll) {
  write_file(input_ / "text.rec", "This is text and no RecordIO file.\n");
  expect_refused(run(input_ / "text.rec"), kFailed,
                 "cannot read " + input_ / "text.rec" +
                     ": it does not begin with the RecordIO magic, it looks like text; pack images "
                     "with im2rec");
}

TEST_F(BadInput, IndexOfAnotherFile) {
  expect_refused(
      run(digits("train.rec"), {"--data-train-idx", digits("val.idx")}), kFailed,
      digits("train.rec") +
          ", record 358 at byte 132776: no record begins here (found 0xa11ef70d, not the magic "
          "0xced7230a); the file is damaged or cut off: copy or pack it again (found by " +
          digits("val.idx") + "; if that is of another file, remake or delete it)");
}

TEST_F(BadInput, LabelOutOfRange) {
  const std::string path = damaged([](std::string& bytes) { set_label(bytes, 9, -1); });
  expect_refused(
      run(path), kFailed,
      "slot: " + path +
          ", record 9 (id 11): label -1 is out of range for 10 classes; set num-classes to what "
          "the data has, or repack");
}

TEST_F(BadInput, LabelThatIsNoWholeNumber) {
  const std::string path = damaged([](std::string& bytes) { set_label(bytes, 9, 2.5F); });
  expect_refused(
      run(path), kFailed,
      "slot: " + path +
          ", record 9 (id 11): label 2.5 is not a class index; repack with whole numbers from 0");
}

TEST_F(BadInput, FewerClassesThanTheDataHas) {
  // The first nine in the shuffled order, whichever image is decoded first.
  expect_refused(
      run(digits("train.rec"), {"--num-classes", "9"}), kFailed,
      "slot: " + digits("train.rec") +
          ", record 334 (id 417): label 9 is out of range for 9 classes; set num-classes to what "
          "the data has, or repack");
}

TEST_F(BadInput, MoreClassesThanTheDataHas) {
  const Ended ended = run(digits("train.rec"), {"--num-classes", "12", "--num-epochs", "2"});
  EXPECT_EQ(ended.code, 0) << ended.log;
  EXPECT_EQ(
      lines_with(ended.log, "--num-classes is"),
      std::vector<std::string>{
          "INFO:root:--num-classes is 12, but the largest label of --data-train is 9; give 10"});
  EXPECT_EQ(lines_with(run(digits("train.rec"), {"--model-prefix", input_ / "m"}).log,
                       "--num-classes is"),
            std::vector<std::string>{});
}

TEST_F(BadInput, NotAsManyClassesAsFolders) {
  // Classes are seen in the names alone.
  for (const char* folder : {"cat", "dog", "eel"}) {
    std::filesystem::create_directories(input_ / folder);
    write_file(input_ / folder + "/1.png", "");
  }
  for (const char* classes : {"2", "10"}) {
    expect_refused(run(input_.path(), {"--num-classes", classes}), kFailed,
                   std::string("--num-classes is ") + classes + ", but --data-train " +
                       input_.path() + " has images of 3 classes, a folder each; give 3");
  }
}

TEST_F(BadInput, ImageOfNoBytes) {
  expect_refused(run(with_an_empty_image()), kFailed,
                 "decode: " + input_ / "empty.rec" +
                     ", record 40 (id 50): the image has no bytes; give --on-bad-image skip to "
                     "leave such images out");
}

TEST_F(BadInput, ImageOfNoBytesIsSkippedNamedAndCountedWhenAsked) {
  const std::string path = with_an_empty_image();
  const std::vector<std::string> line{"INFO:root:Skipped decode: " + path +
                                      ", record 40 (id 50): the image has no bytes"};
  const auto skip = [](std::vector<std::string> more) {
    more.insert(more.end(), {"--on-bad-image", "skip"});
    return more;
  };
  const Ended trained = run(path, skip({}));
  EXPECT_EQ(trained.code, 0) << trained.log;
  EXPECT_EQ(lines_with(trained.log, "Skipped"), line);
  EXPECT_EQ(lines_with(trained.log, "bad images"),
            std::vector<std::string>{"1 bad images were skipped"});

  const Ended validated =
      run(digits("train.rec"), skip({"--data-val", path, "--overwrite", "--num-examples", "64"}));
  EXPECT_EQ(validated.code, 0) << validated.log;
  EXPECT_EQ(lines_with(validated.log, "Skipped"), line);
  EXPECT_EQ(lines_with(validated.log, "bad images"),
            std::vector<std::string>{"1 bad images were skipped in the last validation"});

  const Ended read = run(path, skip({"--test-io", "1", "--model-prefix", ""}));
  EXPECT_EQ(read.code, 0) << read.log;
  EXPECT_EQ(lines_with(read.log, "Skipped"), line);
  EXPECT_EQ(lines_with(read.log, "bad images"),
            std::vector<std::string>{"1 bad images were skipped"});
}

TEST_F(BadInput, MoreBadImagesThanTheLimit) {
  expect_refused(run(with_an_empty_image(), {"--on-bad-image", "skip", "--bad-image-limit", "0"}),
                 kFailed,
                 "decode: " + input_ / "empty.rec" +
                     ", record 40 (id 50): the image has no bytes; 0 items were skipped before it, "
                     "which is the limit; give a larger --bad-image-limit to leave out more");
}

TEST_F(BadInput, NoRoomForTheCheckpoint) {
  // What is written to /dev/full ends as on a full disk.
  std::filesystem::create_symlink("/dev/full", output_ / "model-0001.safetensors.tmp");
  expect_refused(run(digits("train.rec")), kFailed,
                 "saving \"" + output_ / "model-0001.safetensors" +
                     "\": No space left on device; what was there before is untouched");
}

TEST_F(BadInput, FoldersWhoseLabelsMeanNothing) {
  // Classes are seen in the names alone.
  for (const char* folder :
       {"train/cat", "train/dog", "val/dog", "more/bee", "more/cat", "more/dog"}) {
    std::filesystem::create_directories(input_ / folder);
    write_file(input_ / folder + "/1.png", "");
  }
  const std::string train = input_ / "train", val = input_ / "val", more = input_ / "more";
  const std::string why =
      "; labels are the places of folders in their order, so give both the same folders";
  expect_refused(run(train, {"--data-val", val}), kFailed,
                 "--data-val " + val + " lacks the folder cat of --data-train" + why);
  expect_refused(run(train, {"--data-val", more}), kFailed,
                 "--data-val " + more + " has the folder bee, which --data-train lacks" + why);
  expect_refused(run(val), kFailed,
                 "--data-train " + val +
                     " has images of one class; give a folder with a folder for each class in it");
}

TEST_F(BadInput, LimitOfFileSizes) {
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const rlimit limit{1000, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &limit);  // the program inherits it
  const Ended ended = run(digits("train.rec"));
  setrlimit(RLIMIT_FSIZE, &before);
  expect_refused(ended, kFailed,
                 "saving \"" + output_ / "model-0001.safetensors" +
                     "\": File too large; what was there before is untouched");
}

TEST_F(BadInput, BatchThatTheDevicesCannotShare) {
  expect_refused(
      run(digits("train.rec"), {"--devices", "cpu:0,cpu:1,cpu:2"}), kWrongUse,
      "--batch-size is 32, which 3 devices cannot share evenly; give a multiple of 3, e.g. 30");
}

TEST_F(BadInput, BatchLargerThanAnEpoch) {
  expect_refused(run(digits("train.rec"), {"--batch-size", "2000"}), kFailed,
                 "--batch-size is 2000, more than the 1438 images of an epoch; give 1438 or less");
}

TEST_F(BadInput, PrefixThatCannotBeWritten) {
  write_file(input_ / "file", "");
  const Ended ended = run(digits("train.rec"), {"--model-prefix", input_ / "file/model"});
  expect_refused(ended, kFailed,
                 "checkpoints \"" + input_ / "file/model" +
                     "-*\" cannot be saved: Not a directory; choose another prefix");
}

TEST_F(BadInput, CheckpointOfAnotherNetwork) {
  const std::string prefix = input_ / "model";
  ASSERT_EQ(run(digits("train.rec"), {"--model-prefix", prefix}).code, 0);
  const std::string before = read_file(prefix + "-0001.safetensors");
  const std::vector<std::string> more{"--model-prefix", prefix, "--num-epochs", "2", "--resume"};

  expect_refused(
      run(digits("train.rec"), more + std::vector<std::string>{"--network", "lenet"}), kFailed,
      "loading \"" + prefix +
          "-0001.safetensors\" (mlp) into lenet: the file has no tensor \"conv1.weight\" [20, 1, "
          "5, 5]; use the network that the checkpoint was saved from");
  expect_refused(
      run(digits("train.rec"), more + std::vector<std::string>{"--num-classes", "11"}), kFailed,
      "loading \"" + prefix +
          "-0001.safetensors\" (mlp) into mlp: tensor \"fc3.weight\" is [10, 64] in the file and "
          "[11, 64] in the network; use the network that the checkpoint was saved from");
  EXPECT_TRUE(read_file(prefix + "-0001.safetensors") == before);
}

TEST_F(BadInput, CheckpointOfAnotherRun) {
  const std::string prefix = input_ / "model";
  ASSERT_EQ(run(digits("train.rec"), {"--model-prefix", prefix}).code, 0);
  const std::vector<std::string> more{"--model-prefix", prefix, "--num-epochs", "2", "--resume"};
  const auto refusal = [&](const std::string& changes) {
    return "cannot resume from " + prefix + "-0001.safetensors: it was saved with " + changes +
           "; give the same, or --load-epoch N to go on from the end of an epoch with other "
           "settings";
  };
  using Flags = std::vector<std::string>;
  expect_refused(run(digits("train.rec"), more + Flags{"--batch-size", "16"}), kFailed,
                 refusal("--batch-size 32, not 16"));
  expect_refused(run(digits("train.rec"), more + Flags{"--lr", "0.05", "--random-mirror", "0"}),
                 kFailed, refusal("--lr 0.1, not 0.05; --random-mirror 1, not 0"));
  expect_refused(run(digits("train.rec"), more + Flags{"--devices", "cpu:0,cpu:1"}), kFailed,
                 refusal("--devices cpu:0, not cpu:0,cpu:1"));
  expect_refused(run(digits("val.rec"), more), kFailed,
                 refusal("data 1438 records, shuffled, not 359 records, shuffled; "
                         "--num-examples 1438, not 359"));
}

TEST_F(BadInput, CheckpointsThatAnotherRunHasLeft) {
  const std::string prefix = input_ / "model";
  const std::vector<std::string> flags{"--model-prefix", prefix};
  ASSERT_EQ(run(digits("train.rec"), flags).code, 0);
  const std::string before = read_file(prefix + "-0001.safetensors");
  const Ended ended = run(digits("train.rec"), flags);
  expect_refused(ended, kFailed,
                 "--model-prefix " + prefix +
                     " has checkpoints that another run has saved: " + prefix +
                     "-0001.safetensors; give --resume to go on from them, --overwrite to remove "
                     "them, or another --model-prefix");
  EXPECT_TRUE(lines_with(ended.log, "records").empty()) << ended.log;  // before opening the data
  EXPECT_TRUE(read_file(prefix + "-0001.safetensors") == before);
}

TEST_F(BadInput, NothingButDamagedCheckpointsToResumeFrom) {
  const std::string prefix = input_ / "model", model = prefix + "-0001.safetensors";
  const std::vector<std::string> flags{"--model-prefix", prefix};
  ASSERT_EQ(run(digits("train.rec"), flags).code, 0);
  std::filesystem::remove(prefix + "-0001.state.safetensors");
  const std::string before = read_file(model);
  expect_refused(run(digits("train.rec"), flags + std::vector<std::string>{"--resume"}), kFailed,
                 "cannot resume: reading \"" + prefix +
                     "-0001.state.safetensors\": it is missing beside the model \"" + model +
                     "\"; resume from another checkpoint, or load the model alone; to begin anew, "
                     "give --overwrite without --resume");
  EXPECT_TRUE(read_file(model) == before);
}

TEST_F(BadInput, NoCheckpointOfThatEpoch) {
  expect_refused(
      run(digits("train.rec"), {"--num-epochs", "9", "--load-epoch", "7"}), kFailed,
      "reading \"" + output_ / "model-0007.safetensors" + "\": No such file or directory");
}

TEST_F(BadInput, WebPageThatCannotBe) {
  expect_refused(run(digits("train.rec"), {"--inspect-http", "localhost"}), kWrongUse,
                 "--inspect-http: 'localhost' is not [HOST:]PORT; give e.g. 8080 or 0.0.0.0:8080");
  expect_refused(run(digits("train.rec"), {"--inspect-token-file", "token"}), kWrongUse,
                 "--inspect-token-file is given without --inspect-http; give both");
  expect_refused(run(digits("train.rec"), {"--inspect-http", "0.0.0.0:0"}), kFailed,
                 "--inspect-http 0.0.0.0:0: other machines can reach 0.0.0.0:0, so it needs a "
                 "token; give --inspect-token-file FILE");
}

TEST_F(BadInput, NodeThatTheGraphDoesNotHave) {
  expect_refused(
      run(digits("train.rec"), {"--decoder.concurrency", "2"}), kWrongUse,
      "--decoder.concurrency: no node is named decoder; did you mean --decode.concurrency?");
}

TEST_F(BadInput, SettingThatANodeOfTheValidationRefuses) {
  const Ended ended =
      run(digits("train.rec"), {"--data-val", digits("val.rec"), "--evaluate[0].concurrency", "2"});
  expect_refused(ended, kFailed, "evaluate[0].concurrency is fixed when the node is made");
  EXPECT_TRUE(lines_with(ended.log, "Epoch[0]").empty()) << ended.log;  // before any training
}

}  // namespace
}  // namespace forebay
