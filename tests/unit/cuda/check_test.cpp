#include <forebay/nodes/cuda/check.hpp>

#include <gtest/gtest.h>

namespace forebay::cuda {
namespace {

TEST(CudaFailures, NameTheGpuAndWhatToDo) {
  const auto text = [](cudaError_t result) {
    return failure_text("GPU 1 (NVIDIA H200)", "run a training step", result);
  };
  EXPECT_EQ(text(cudaErrorECCUncorrectable),
            "GPU 1 (NVIDIA H200) cannot run a training step: uncorrectable ECC error encountered "
            "(cudaErrorECCUncorrectable); its memory is damaged (nvidia-smi -q -d ECC tells more): "
            "take another GPU and go on from the last checkpoint");
  EXPECT_EQ(text(cudaErrorUnknown),
            "GPU 1 (NVIDIA H200) cannot run a training step: unknown error (cudaErrorUnknown); the "
            "GPU may be lost (dmesg tells more, by the word Xid): see whether nvidia-smi still "
            "lists it, reset it or restart the machine, and go on from the last checkpoint");
  EXPECT_TRUE(text(cudaErrorIllegalAddress).ends_with("of this program, please report it"));
  EXPECT_TRUE(text(cudaErrorMemoryAllocation).ends_with("or give a smaller batch"));
}

}  // namespace
}  // namespace forebay::cuda
