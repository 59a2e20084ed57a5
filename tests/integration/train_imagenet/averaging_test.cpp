// Who averages the gradients of several GPUs, which need not be there.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <forebay/nodes/cuda/gpus.hpp>
#include <forebay/nodes/cuda/make_replica.hpp>
#include <support/error_of.hpp>
#include <train_imagenet/devices.hpp>

#include "log_file.hpp"

namespace forebay {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TrainOptions on(const std::vector<DeviceName>& devices) {
  TrainOptions options;
  options.devices = devices;
  return options;
}

std::string told(const TrainOptions& options) {
  const LogFile file;
  Log log = file.plain();
  tell_averaging(options, log);
  return file.text();
}

// CTest runs it with a file in NCCL's place that is no library.
TEST(Averaging, OfTwoGpusIsTheHostsWithoutNcclWhichIsSaid) {
  if (why_no_gpu_mean().empty()) GTEST_SKIP() << "NCCL is there";
  const TrainOptions two = on({{.kind = "cuda", .index = 0}, {.kind = "cuda", .index = 1}});
  EXPECT_EQ(told(two), "Averaging gradients over the host: " + why_no_gpu_mean() + "\n");
  EXPECT_NE(dynamic_cast<HostMean*>(make_mean(two, {}).get()), nullptr);
  if (find_gpus().built_with == 0) return;
  EXPECT_THAT(told(two), AllOf(StartsWith("Averaging gradients over the host: cannot load NCCL, "
                                          "which averages the gradients of several GPUs: "),
                               HasSubstr("libnccl.so.2"), HasSubstr("; install it, or put the "),
                               EndsWith(" on LD_LIBRARY_PATH\n")));
}

TEST(Averaging, OverTheHostIsNotInFloat16) {
  if (why_no_gpu_mean().empty()) GTEST_SKIP() << "NCCL is there";
  TrainOptions two = on({{.kind = "cuda", .index = 0}, {.kind = "cuda", .index = 1}});
  two.reduce_dtype = "bfloat16";
  EXPECT_THAT(told(two), StartsWith("Averaging gradients over the host: "));
  two.reduce_dtype = "float16";
  EXPECT_EQ(test::error_of([&] { told(two); }),
            "--reduce-dtype float16 is for GPUs that average among themselves: " +
                why_no_gpu_mean() + "; or give bfloat16 or float32");
}

TEST(Averaging, IsNotSpokenOfWithOneGpuOrNone) {
  EXPECT_EQ(told(on({{.kind = "cuda", .index = 0}})), "");
  EXPECT_EQ(told(on({{.kind = "cpu", .index = 0}, {.kind = "cpu", .index = 1}})), "");
}

}  // namespace
}  // namespace forebay
