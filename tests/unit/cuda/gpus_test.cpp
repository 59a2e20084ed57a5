#include <forebay/nodes/cuda/gpus.hpp>

#include <gtest/gtest.h>

#include <vector>

namespace forebay {
namespace {

GpuMachine two_gpus() {
  GpuMachine machine;
  machine.built_with = 13000;
  machine.oldest_capability = 75;
  machine.driver = 13000;
  machine.gpus = {{.name = "NVIDIA H200", .capability = 90},
                  {.name = "Tesla K80", .capability = 37}};
  return machine;
}

std::string why(const GpuMachine& machine, std::vector<int> wanted) {
  return why_unusable(machine, wanted);
}

TEST(Gpus, CanBeUsedWhereDriverAndArchitectureFit) {
  EXPECT_EQ(why(two_gpus(), {0}), "");
  GpuMachine machine = two_gpus();
  machine.driver = 13020;  // newer than the build
  EXPECT_EQ(why(machine, {0, 0}), "");
  machine.driver = 13000;
  machine.built_with = 13020;  // older, but of the same major version
  EXPECT_EQ(why(machine, {0}), "");
}

TEST(Gpus, OfAMachineWithoutADriverNeedOne) {
  GpuMachine machine = two_gpus();
  machine.driver = 0;
  machine.gpus.clear();
  machine.refusal = "CUDA driver version is insufficient for CUDA runtime version";
  EXPECT_EQ(why(machine, {0}), "this machine has no NVIDIA driver; install one");
}

TEST(Gpus, NeedADriverAsNewAsTheBuild) {
  GpuMachine machine = two_gpus();
  machine.driver = 12040;
  EXPECT_EQ(why(machine, {0}),
            "this machine's NVIDIA driver runs CUDA up to 12.4, and this build is of 13.0; install "
            "a newer driver");
}

TEST(Gpus, ThatTheDriverHidesAreNamedWithItsReason) {
  GpuMachine machine = two_gpus();
  machine.gpus.clear();
  machine.refusal = "no CUDA-capable device is detected";
  EXPECT_EQ(why(machine, {0}),
            "the NVIDIA driver gives no GPU (no CUDA-capable device is detected); see what "
            "nvidia-smi lists, and CUDA_VISIBLE_DEVICES");
}

TEST(Gpus, AreCountedFromZero) {
  EXPECT_EQ(why(two_gpus(), {0, 2}), "there is no GPU 2; give numbers from 0 to 1");
  EXPECT_EQ(why(two_gpus(), {-1}), "there is no GPU -1; give numbers from 0 to 1");
}

TEST(Gpus, OlderThanTheBuildsCodeAreRefused) {
  EXPECT_EQ(why(two_gpus(), {0, 1}),
            "GPU 1 (Tesla K80) has compute capability 3.7, and this build is for 7.5 and newer; "
            "take another GPU, or build with CMAKE_CUDA_ARCHITECTURES=37 and a CUDA that has it");
}

TEST(Gpus, NeedABuildWithCuda) {
  EXPECT_EQ(why({}, {0}),
            "this build has no CUDA devices; build it where CUDA, cuDNN and NCCL are");
}

// Holds on any machine: with a GPU or without, with CUDA in the build or not.
TEST(Gpus, AreFoundWithTheirKindAndMemoryOrNotAtAll) {
  const GpuMachine machine = find_gpus();
  if (machine.built_with == 0 || machine.driver == 0) {
    EXPECT_TRUE(machine.gpus.empty());
    EXPECT_NE(why(machine, {0}), "");
    return;
  }
  EXPECT_GE(machine.oldest_capability, 50);
  EXPECT_NE(machine.gpus.empty(), machine.refusal.empty());
  for (const Gpu& gpu : machine.gpus) {
    EXPECT_FALSE(gpu.name.empty());
    EXPECT_GE(gpu.capability, 30);
    EXPECT_GT(gpu.memory_bytes, std::size_t{1} << 30);
  }
}

}  // namespace
}  // namespace forebay
