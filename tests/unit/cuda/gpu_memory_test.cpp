#include <forebay/nodes/cuda/gpu_memory.hpp>

#include <gtest/gtest.h>

#include <forebay/graph/error.hpp>
#include <forebay/nodes/cuda/gpus.hpp>

namespace forebay::cuda {
namespace {

TEST(GpuMemory, TellsWhatIsFreeWhereItDoesNotSuffice) {
  constexpr std::size_t kGiB = std::size_t{1} << 30;
  EXPECT_EQ(
      too_little_memory(1, 141 * kGiB, 139 * kGiB + kGiB / 4, 140 * kGiB),
      "GPU 1: a step needs 141.0 GiB and 139.2 of 140.0 GiB are free; give fewer rows, or end "
      "what else uses the GPU (nvidia-smi lists it)");
}

TEST(GpuMemory, NeedsAGpu) {
  if (!find_gpus().gpus.empty()) GTEST_SKIP() << "this machine has one";
  EXPECT_THROW(GpuMemory(0, 256), Error);
}

}  // namespace
}  // namespace forebay::cuda
