// How much memory a training takes: the largest batch that fits, and a budget for the host.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "program.hpp"

namespace forebay {
namespace {

using ::testing::HasSubstr;

std::vector<std::string> on_digits(const std::vector<std::string>& more) {
  return std::vector<std::string>{
             "--network",     "mlp",         "--image-shape",  "1,28,28",
             "--num-classes", "10",          "--data-train",   digits("train.rec"),
             "--devices",     "cpu:0,cpu:1", "--num-examples", "520"} +
         more;
}

TEST(LargestBatch, IsTriedTrainedAndResumed) {
  const Folder folder;
  const std::string prefix = folder / "m";
  const Ended first = train_imagenet(
      on_digits({"--batch-size", "max", "--num-epochs", "1", "--model-prefix", prefix}));
  ASSERT_EQ(first.code, 0) << first.log;
  EXPECT_THAT(first.log, HasSubstr("Batch size 512, 256 images for each of 2 devices: planned"));
  EXPECT_THAT(first.log, HasSubstr("; an epoch has no more images\n"));
  EXPECT_EQ(lines_with(first.log, "Tried one step of it, which took ").size(), 1u);
  EXPECT_THAT(first.log, HasSubstr("Learning rate 0.2 by the linear rule"));

  // Whatever would fit now, and by the numbers as well.
  const Ended second = train_imagenet(on_digits(
      {"--batch-size", "max", "--num-epochs", "2", "--model-prefix", prefix, "--resume"}));
  ASSERT_EQ(second.code, 0) << second.log;
  EXPECT_THAT(second.log,
              HasSubstr("Batch size 512, as " + prefix + "-0001.safetensors was saved with\n"));
  const Ended third =
      train_imagenet(on_digits({"--batch-size", "512", "--lr", "0.2", "--num-epochs", "3",
                                "--model-prefix", prefix, "--resume"}));
  EXPECT_EQ(third.code, 0) << third.log;
}

/// The path of a new profile of a device for an mlp on 1x28x28 or 3x64x64 images, whose memory
/// holds about `rows` of them, and which trains on so many in a second.
std::string slow_device(const Folder& folder, int rows, int images_per_second) {
  std::string profile = R"({"name": "slow", "source": ["made up"],
    "network": {"name": "mlp", "flops": 218368, "parameters": 109386, "activations": 1962},
    "points": [{"rows": 1, "images_per_second": )";
  profile += std::to_string(images_per_second);
  profile += R"(}], "memory": {"device_bytes": )";
  profile += std::to_string(1000 * rows);
  profile += R"(, "fixed_bytes": 0, "row_bytes": 1000}, "link_bytes_per_second": 0})";
  write_file(folder / "slow.json", profile);
  return folder / "slow.json";
}

TEST(LargestBatch, SaysWhatALargerOneGains) {
  const Folder folder;
  const Ended ended = train_imagenet(on_digits(
      {"--devices", "sim:2:" + slow_device(folder, /*rows=*/12, /*images_per_second=*/500),
       "--batch-size", "max", "--num-epochs", "1"}));
  ASSERT_EQ(ended.code, 0) << ended.log;
  EXPECT_THAT(ended.log, HasSubstr("Batch size 16, 8 images for each of 2 devices: planned"));
  EXPECT_EQ(lines_with(ended.log, "Batch size: ").size(), 1u) << ended.log;
}

// The devices are so slow that all queues are full.
TEST(HostMemory, BoundsWhatTheProcessTakes) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers take memory of their own";
#endif
  const Folder folder;
  const Ended photos = Program(FOREBAY_MAKE_PHOTOS, {folder / "photos", "--images", "100"}).wait();
  ASSERT_EQ(photos.code, 0) << photos.log;
  // 14 times the work of an image of 28x28.
  const std::string slow = slow_device(folder, /*rows=*/2000, /*images_per_second=*/5600);
  const auto peak = [&](const std::string& budget) {
    const Ended ended = train_imagenet(
        {"--network", "mlp", "--image-shape", "3,64,64", "--num-classes", "10", "--data-train",
         folder / "photos", "--devices", "sim:1:" + slow, "--batch-size", "32", "--num-examples",
         "1000", "--num-epochs", "1", "--host-memory", budget});
    EXPECT_EQ(ended.code, 0) << ended.log;
    EXPECT_EQ(lines_with(ended.log, "Host memory: ").size(), 1u) << ended.log;
    const std::string line = lines_with(ended.log, "memory: ").back();
    return std::stod(line.substr(line.find("memory: ") + 8));
  };
  constexpr double kWeights = 19;  // MiB: weights, momentum and gradients
  const double small = peak("160M"), large = peak("260M");
  EXPECT_LE(small, 160 + kWeights);
  EXPECT_LE(large, 260 + kWeights);
  EXPECT_GE(large, small + 25);  // queues did follow
}

TEST(HostMemory, TooLittleIsRefused) {
  const Ended ended =
      train_imagenet(on_digits({"--batch-size", "32", "--num-epochs", "1", "--host-memory", "1M"}));
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.log, HasSubstr("train_imagenet: --host-memory is 1 MiB, too little: "));
}

}  // namespace
}  // namespace forebay
