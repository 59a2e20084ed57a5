#include <forebay/nodes/cuda/gpus.hpp>

#include <fmt/format.h>

namespace forebay {
namespace {

std::string cuda_version(int version) {
  return fmt::format("{}.{}", version / 1000, version % 1000 / 10);
}

std::string capability(int value) { return fmt::format("{}.{}", value / 10, value % 10); }

std::string why_machine_unusable(const GpuMachine& machine) {
  if (machine.built_with == 0) {
    return "this build has no CUDA devices; build it where CUDA, cuDNN and NCCL are";
  }
  if (machine.driver == 0) return "this machine has no NVIDIA driver; install one";
  if (machine.driver / 1000 < machine.built_with / 1000) {  // within a major version any will do
    return fmt::format(
        "this machine's NVIDIA driver runs CUDA up to {}, and this build is of {}; install a newer "
        "driver",
        cuda_version(machine.driver), cuda_version(machine.built_with));
  }
  if (machine.gpus.empty()) {
    return fmt::format(
        "the NVIDIA driver gives no GPU ({}); see what nvidia-smi lists, and CUDA_VISIBLE_DEVICES",
        machine.refusal);
  }
  return "";
}

}  // namespace

std::string why_unusable(const GpuMachine& machine, std::span<const int> wanted) {
  if (std::string why = why_machine_unusable(machine); !why.empty()) return why;
  for (int number : wanted) {
    const auto index = static_cast<std::size_t>(number);
    if (number < 0 || index >= machine.gpus.size()) {
      return fmt::format("there is no GPU {}; give numbers from 0 to {}", number,
                         machine.gpus.size() - 1);
    }
    const Gpu& gpu = machine.gpus[index];
    if (gpu.capability < machine.oldest_capability) {
      return fmt::format(
          "GPU {} ({}) has compute capability {}, and this build is for {} and newer; take another "
          "GPU, or build with CMAKE_CUDA_ARCHITECTURES={} and a CUDA that has it",
          number, gpu.name, capability(gpu.capability), capability(machine.oldest_capability),
          gpu.capability);
    }
  }
  return "";
}

}  // namespace forebay
