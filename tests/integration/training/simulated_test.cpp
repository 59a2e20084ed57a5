// Training on devices that are not there: all is real but the arithmetic.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "program.hpp"

namespace forebay {
namespace {

using ::testing::HasSubstr;

// Any network on the smallest of devices; the steps of this one take no time to speak of.
Ended simulate(const std::string& devices, const std::vector<std::string>& more = {}) {
  return train_imagenet(std::vector<std::string>{"--network", "mlp", "--image-shape", "1,28,28",
                                                 "--num-classes", "10", "--data-train",
                                                 digits("train.rec"), "--batch-size", "32",
                                                 "--num-epochs", "1", "--devices", devices} +
                        more);
}

TEST(Simulated, DevicesTrainAndValidateAndSayWhatTheyAre) {
  const Ended ended = simulate("sim:16:V100", {"--data-val", digits("val.rec")});
  EXPECT_EQ(ended.code, 0) << ended.log;
  const auto said = lines_with(ended.log, "Simulated: 16 V100, each ");
  ASSERT_EQ(said.size(), 2u) << ended.log;  // in the log's beginning and in the report
  EXPECT_THAT(said[0], HasSubstr("INFO:root:"));
  EXPECT_THAT(said[0], HasSubstr("for a step of 2 images (estimated from resnet-50 by FLOPs) and"));
  EXPECT_THAT(said[1], HasSubstr("they compute nothing, so loss and accuracy mean nothing"));
  EXPECT_EQ(lines_with(ended.log, "Validation-accuracy=").size(), 1u);
  // Of the table: a verdict may name it too.
  EXPECT_EQ(lines_with(ended.log, "forward-backward[15]  ").size(), 1u);
}

TEST(Simulated, DevicesOfAProfileFile) {
  const Folder folder;
  write_file(folder / "d.json", R"({"name": "D1", "source": ["made up"],
    "network": {"name": "mlp", "flops": 10, "parameters": 10, "activations": 10},
    "points": [{"rows": 1, "images_per_second": 1000000000}],
    "memory": {"device_bytes": 2000000000, "fixed_bytes": 0, "row_bytes": 1},
    "link_bytes_per_second": 0})");
  const Ended ended = simulate("sim:2:" + (folder / "d.json"));
  EXPECT_EQ(ended.code, 0) << ended.log;
  EXPECT_EQ(lines_with(ended.log, "Simulated: 2 D1, each ").size(), 2u) << ended.log;
}

void expect_refused(const Ended& ended, int code, const std::string& message) {
  EXPECT_EQ(ended.code, code) << ended.log;
  EXPECT_TRUE(ended.log.ends_with("train_imagenet: " + message + "\n")) << ended.log;
}

TEST(Simulated, ABatchThatDoesNotFitIsRefused) {
  expect_refused(
      train_imagenet({"--benchmark", "1", "--devices", "sim:16:K80", "--batch-size", "2048"}), 1,
      "--batch-size is 2048, 128 images for each of 16 K80, whose 11.2 GiB hold 92 of "
      "resnet-50 at most; give 1472 or less");
  expect_refused(train_imagenet({"--benchmark", "1", "--devices", "sim:1:K80", "--batch-size", "1",
                                 "--image-shape", "3,4096,4096"}),
                 1,
                 "--batch-size is 1, 1 images for each of 1 K80, whose 11.2 GiB hold not one of "
                 "resnet-50");
}

// Of a run that decoded an image in 5 ms and did nothing else.
std::string times_file(const Folder& folder) {
  const std::string path = folder / "s.json";
  write_file(path, R"({"graph": {"name": "train_imagenet", "elapsed": 1000000000,
    "nodes": [{"name": "decode", "kind": "source", "items_in": 100, "items_out": 100,
               "busy": 500000000, "cpu": 500000000}]}})");
  return path;
}

TEST(Simulated, AHostIsReportedWithAVerdict) {
  const Folder folder;
  const Ended ended = simulate(
      "sim:4:V100", {"--host-cores", "64", "--host-times", times_file(folder), "--host-decode-rate",
                     "100", "--data-nthreads", "2", "--price-per-hour", "14.4"});
  EXPECT_EQ(ended.code, 0) << ended.log;
  EXPECT_EQ(lines_with(ended.log, "one image takes 10.000 ms of a core to decode").size(), 1u);
  EXPECT_EQ(lines_with(ended.log, "Simulated: a host of 64 cores; 4 V100, each ").size(), 1u);
  EXPECT_EQ(lines_with(ended.log, "decode limits the run: all 2 workers busy").size(), 1u);
  EXPECT_EQ(lines_with(ended.log, "forward-backward[3]  ").size(), 1u);
  const auto rate = lines_with(ended.log, " per epoch, ");
  ASSERT_EQ(rate.size(), 1u) << ended.log;
  EXPECT_NEAR(std::stod(rate[0]), 200, 4);
  EXPECT_THAT(rate[0], HasSubstr("($"));
  EXPECT_EQ(lines_with(ended.log, "Epoch[0]").size(), 0u);  // nothing was trained
}

TEST(Simulated, AHostIsMeasuredOnThisMachine) {
  const Ended ended = simulate("sim:1:V100", {"--host-cores", "2"});
  EXPECT_EQ(ended.code, 0) << ended.log;
  const auto decoded = lines_with(ended.log, "one image takes ");
  ASSERT_EQ(decoded.size(), 1u) << ended.log;
  EXPECT_THAT(decoded[0], ::testing::Not(HasSubstr(" 0.000 ms of a core to decode")));
}

TEST(Simulated, AHostTakesTheTimesOfASnapshot) {
  const Folder folder;
  const Ended ended =
      simulate("sim:1:V100", {"--host-cores", "2", "--host-times", times_file(folder)});
  EXPECT_EQ(ended.code, 0) << ended.log;
  EXPECT_EQ(lines_with(ended.log, "one image takes 5.000 ms of a core to decode").size(), 1u);
}

TEST(Simulated, AFileWithoutTimesIsRefused) {
  const Folder folder;
  const std::string file = folder / "s.json";
  const auto refusal = [&] {
    const Ended ended = simulate("sim:1:V100", {"--host-cores", "2", "--host-times", file});
    EXPECT_EQ(ended.code, 1) << ended.log;
    return lines_with(ended.log, "train_imagenet: --host-times").at(0);
  };
  EXPECT_THAT(refusal(), HasSubstr("which cannot be read; give a file"));
  write_file(file, "{");
  EXPECT_THAT(refusal(), HasSubstr("give what 'forebay snapshot' printed of a training"));
  write_file(file, "{}");
  EXPECT_THAT(refusal(), HasSubstr("has no source"));
}

// A profile of the CPU, of two batch sizes.
TEST(Simulated, AProfileIsRecordedFromARealRun) {
  const Folder folder;
  const std::string file = folder / "cpu.json";
  for (const char* batch : {"32", "16", "32"}) {
    const Ended ended = simulate("cpu:0", {"--record-profile", file, "--batch-size", batch});
    EXPECT_EQ(ended.code, 0) << ended.log;
    EXPECT_EQ(lines_with(ended.log, "Saved the profile of ").size(), 1u) << ended.log;
  }
  const std::string profile = read_file(file);
  EXPECT_EQ(lines_with(profile, "\"rows\": ").size(), 2u) << profile;
  EXPECT_THAT(profile, HasSubstr("\"name\": \"mlp\""));
  const Ended ended = simulate("sim:2:" + file);
  EXPECT_EQ(ended.code, 0) << ended.log;
}

TEST(Simulated, AFileThatIsNoProfileIsNotOverwritten) {
  const Folder folder;
  const std::string file = folder / "notes.json";
  write_file(file, "my notes");
  const Ended ended = simulate("cpu:0", {"--record-profile", file});
  EXPECT_EQ(ended.code, 1) << ended.log;
  EXPECT_THAT(ended.log, HasSubstr("device profile " + file + ", line 1: it is not JSON"));
  EXPECT_EQ(read_file(file), "my notes");
}

TEST(Simulated, CheckpointsAreRefused) {
  const Folder folder;
  expect_refused(simulate("sim:2:K80", {"--model-prefix", folder / "m"}), 2,
                 "simulated --devices learn nothing; leave out --model-prefix");
  EXPECT_EQ(folder.files(), std::vector<std::string>{});
}

}  // namespace
}  // namespace forebay
