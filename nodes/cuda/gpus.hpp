#pragma once

// The GPUs of this machine, and whether this build can use them.

#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace forebay {

/// A GPU as its driver describes it.
struct Gpu {
  std::string name;    // "NVIDIA H200"
  int capability = 0;  // compute capability, 90 for 9.0
  std::size_t memory_bytes = 0;
  std::string pci = {};  // "0000:3B:00.0": what `DeviceFacts::pci` wants
};

/// For work of a GPU that the host waits for. Longer than a collective's 60 s: where GPUs wait for
/// one that does not come to it, its error tells which.
constexpr std::chrono::milliseconds kGpuWaitLimit{70'000};

/// A GPU by its number, and by its name for messages.
struct GpuId {
  int number = 0;
  std::string name = {};

  /// "GPU 0 (NVIDIA H200)"
  std::string text() const { return "GPU " + std::to_string(number) + " (" + name + ")"; }
};

/// What this build needs and what the machine has. CUDA's versions are 13000 for 13.0.
struct GpuMachine {
  int built_with = 0;         // the CUDA of this build; 0 where it has no CUDA devices
  int oldest_capability = 0;  // that this build has code for
  int driver = 0;             // the newest CUDA that the driver runs; 0 where there is none
  std::string refusal;        // what the driver said when asked for its GPUs, if it gave none
  std::vector<Gpu> gpus;      // by number
};

/// Asks the driver the first time, some milliseconds where there is one, and takes no memory of any
/// GPU. Throws nothing of its own. The numbers are CUDA's: those that CUDA_VISIBLE_DEVICES leaves.
/// Thread-safe.
const GpuMachine& find_gpus();

/// Why the GPUs with the `wanted` numbers cannot be used and what to do about it, "this machine has
/// no NVIDIA driver; install one"; empty where they can.
std::string why_unusable(const GpuMachine& machine, std::span<const int> wanted);

}  // namespace forebay
