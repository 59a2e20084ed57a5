#include <train_imagenet/largest_batch.hpp>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <support/error_of.hpp>
#include <train_imagenet/devices.hpp>

#include "log_file.hpp"

namespace forebay {
namespace {

using test::error_of;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::size_t largest(std::size_t most, std::size_t room) {
  return largest_rows(most, [room](std::size_t rows) { return rows <= room; });
}

TEST(LargestRows, AreInEightsFromEightOn) {
  for (std::size_t most = 0; most < 70; ++most) {
    for (std::size_t room = 0; room < 70; ++room) {
      const std::size_t both = std::min(most, room);
      EXPECT_EQ(largest(most, room), both < 8 ? both : both / 8 * 8) << most << ' ' << room;
    }
  }
}

TEST(LargestRows, TakeFewPlansWhateverTheData) {
  int plans = 0;
  const std::size_t rows = largest_rows(1'281'167, [&](std::size_t count) {
    ++plans;
    return count <= 100;
  });
  EXPECT_EQ(rows, 96u);
  EXPECT_LE(plans, 9);
}

// The largest output of ResNet-50 is its stem's, of MLP its input with four channels.
TEST(RowsWith32Bits, LeaveNoLayerMoreValues) {
  EXPECT_EQ(rows_with_32_bits(resnet(50)), 2'147'483'647u / (64 * 112 * 112));
  EXPECT_EQ(rows_with_32_bits(mlp()), 2'147'483'647u / (4 * 28 * 28));
}

TEST(LinearRate, IsATenthFor256Images) {
  EXPECT_EQ(linear_rate(256), 0.1);
  EXPECT_EQ(linear_rate(1408), 0.55);
  EXPECT_EQ(linear_rate(24), 0.009375);  // the number that --lr 0.009375 gives
}

class LargestBatch : public testing::Test {
 protected:
  TrainOptions options(const std::vector<std::string>& more = {}) {
    std::vector<std::string> all{"--benchmark", "1",          "--batch-size",  "max",
                                 "--devices",   "sim:16:K80", "--image-shape", "3,224,224"};
    all.insert(all.end(), more.begin(), more.end());
    return parse_options(all);
  }

  // Steps of so many images succeed, and fewer.
  TrainOptions chosen(const TrainOptions& given, int most) {
    Log log = file_.plain();
    const auto tried = [&](const TrainOptions& with) {
      tried_.push_back(with.batch_size);
      return TriedStep{with.batch_size > most ? "no room" : "", 1};
    };
    const auto gpu_free = [&](int gpu) { return gpu_free_.at(static_cast<std::size_t>(gpu)); };
    return with_largest_batch(given, look_at_data(given), log, tried, gpu_free);
  }

  // ResNet-18 on two GPUs, which need not be there.
  TrainOptions gpu_options() {
    TrainOptions given = options({"--num-layers", "18", "--image-shape", "3,64,64"});
    given.devices = {{.kind = "cuda", .index = 0}, {.kind = "cuda", .index = 1}};
    return given;
  }

  std::string said() const { return file_.text(); }

  LogFile file_;
  std::vector<int> tried_;
  std::vector<std::size_t> gpu_free_;
};

TEST_F(LargestBatch, IsWhatTheMemoryOfADeviceHolds) {
  const TrainOptions found = chosen(options(), 5000);
  EXPECT_EQ(found.batch_size, 16 * 88);  // of 92 that fit
  EXPECT_EQ(found.lr, 0.55);
  EXPECT_THAT(tried_, ElementsAre(1408));
  EXPECT_THAT(said(), HasSubstr("Batch size 1408, 88 images for each of 16 devices: planned to "
                                "take 10.7 of the 11.2 GiB of each K80\n"));
  EXPECT_THAT(said(), HasSubstr("Learning rate 0.55 by the linear rule"));
}

TEST_F(LargestBatch, KeepsTheLearningRateThatWasGiven) {
  const TrainOptions found = chosen(options({"--lr", "0.2"}), 5000);
  EXPECT_EQ(found.lr, 0.2);
  EXPECT_THAT(said(), HasSubstr("Learning rate 0.2, as given; by the linear rule, 0.1 for 256 "
                                "images, it would be 0.55\n"));
}

TEST_F(LargestBatch, IsNoMoreThanAnEpoch) {
  const TrainOptions found = chosen(options({"--num-examples", "400"}), 5000);
  EXPECT_EQ(found.batch_size, 16 * 24);
  EXPECT_THAT(said(), HasSubstr("; an epoch has no more images\n"));
}

TEST_F(LargestBatch, GoesDownWhereAStepFails) {
  const TrainOptions found = chosen(options(), 1200);
  EXPECT_THAT(tried_, ElementsAre(1408, 1152));
  EXPECT_EQ(found.batch_size, 1152);
  EXPECT_EQ(found.lr, 0.45);
  EXPECT_THAT(said(), HasSubstr("A step of 1408 images failed: no room; going down to 1152\n"));
}

TEST_F(LargestBatch, GivesUpAfterThreeSteps) {
  try {
    chosen(options(), 100);
    ADD_FAILURE() << "it found one";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(),
                 "--batch-size max: a step of 896 images failed: no room; give a number");
  }
  EXPECT_EQ(tried_.size(), 3u);
}

TEST_F(LargestBatch, IsRefusedWhereNotOneImageFits) {
  try {
    chosen(options({"--image-shape", "3,4096,4096"}), 5000);
    ADD_FAILURE() << "it found one";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("--batch-size max: not one image for each of 16 devices "
                                        "fits: it takes 38.6 of the 11.2 GiB of each K80"));
  }
}

TEST_F(LargestBatch, IsRefusedWhereAnEpochHasFewerImagesThanThereAreDevices) {
  EXPECT_THROW(chosen(options({"--num-examples", "15"}), 5000), Error);
}

TEST_F(LargestBatch, LeavesANumberAlone) {
  const TrainOptions found = chosen(options({"--batch-size", "32"}), 5000);
  EXPECT_EQ(found.batch_size, 32);
  EXPECT_EQ(found.lr, 0.1);
  EXPECT_EQ(said(), "");
}

TEST_F(LargestBatch, OfTheCpuIsPlannedFromItsReplicas) {
  const TrainOptions found = chosen(
      options({"--devices", "cpu:0,cpu:1", "--network", "lenet", "--num-examples", "64"}), 64);
  EXPECT_EQ(found.batch_size, 64);
}

TEST_F(LargestBatch, OfGpusIsWhatTheOneWithTheLeastFreeMemoryHolds) {
  if (find_gpus().built_with == 0) GTEST_SKIP() << "this build has no CUDA devices";
  constexpr std::size_t kGiB = std::size_t{1} << 30;
  const Network network = resnet(18, {3, 64, 64});
  for (const std::size_t least : {3, 4, 6}) {
    gpu_free_ = {7 * kGiB, least * kGiB};
    const TrainOptions found = chosen(gpu_options(), 0);
    const auto rows = static_cast<std::size_t>(found.batch_size) / 2;
    EXPECT_EQ(rows % 8, 0u);
    const ImageInput images{.type = SampleType::kUint8};
    EXPECT_LE(cuda_replica_bytes(network, {.rows = rows, .images = images}), (least - 1) * kGiB);
    EXPECT_GT(cuda_replica_bytes(network, {.rows = rows + 8, .images = images}),
              (least - 1) * kGiB);
    EXPECT_EQ(found.lr, linear_rate(found.batch_size));
    EXPECT_THAT(said(), HasSubstr(fmt::format("of the {}.0 GiB of GPU 1 (of what is free, but for "
                                              "1 GiB)",
                                              least - 1)));
  }
  EXPECT_TRUE(tried_.empty());
}

// A host that is simulated has room enough.
TEST_F(LargestBatch, OfGpusHasNoMoreValuesInALayerThanCudnnCounts) {
  if (find_gpus().built_with == 0) GTEST_SKIP() << "this build has no CUDA devices";
  gpu_free_ = {std::size_t{1} << 42, std::size_t{1} << 42};
  TrainOptions given = gpu_options();
  given.host_cores = 1;
  EXPECT_EQ(chosen(given, 0).batch_size, 2 * 32760);  // of 32,767 with 64 x 32 x 32 values each
  EXPECT_THAT(said(), HasSubstr("; with more images a layer has more values than cuDNN's 32 bits "
                                "count\n"));
}

// `--summary` has no memory to choose by.
TEST_F(LargestBatch, IsNotGuessedToSayWhatGpusFuse) {
  const TrainOptions given = gpu_options();
  EXPECT_EQ(describe_fusions(given, resnet(18)),
            "fused batch norms: which are faster depends on the batch; give --batch-size a number");
}

TEST_F(LargestBatch, IsRefusedWhereAGpuHasTooLittleMemory) {
  if (find_gpus().built_with == 0) GTEST_SKIP() << "this build has no CUDA devices";
  gpu_free_ = {std::size_t{1} << 29, std::size_t{8} << 30};
  EXPECT_THAT(error_of([&] { chosen(gpu_options(), 0); }),
              HasSubstr("of the 0.0 GiB of GPU 0 (of what is free, but for 1 GiB)"));
}

TEST_F(LargestBatch, LeavesMemoryForDecodingOnTheGpu) {
  if (find_gpus().built_with == 0) GTEST_SKIP() << "this build has no CUDA devices";
  gpu_free_ = {std::size_t{1} << 29, std::size_t{8} << 30};
  TrainOptions given = gpu_options();
  given.gpu_decode = true;
  EXPECT_THAT(error_of([&] { chosen(given, 0); }),
              HasSubstr("of the 0.0 GiB of GPU 0 (of what is free, but for 1.25 GiB)"));
}

TrainOptions small_step() {
  return parse_options(
      {"--benchmark", "1", "--devices", "cpu:0,cpu:1", "--network", "mlp", "--batch-size", "4"});
}

TEST(TryStep, DoesOne) {
  const TriedStep done = try_step(small_step());
  EXPECT_EQ(done.error, "");
  EXPECT_GT(done.seconds, 0);
}

TEST(TryStep, SaysWhyItCannot) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "the sanitizer ends a program that asks for too much memory";
#endif
  TrainOptions options = small_step();
  options.batch_size = 1 << 30;  // 161 TiB of images
  EXPECT_THAT(try_step(options).error, ::testing::Not(""));
}

}  // namespace
}  // namespace forebay
