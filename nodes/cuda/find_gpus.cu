#include <cuda_runtime.h>

#include <algorithm>

#include <forebay/nodes/cuda/gpus.hpp>

namespace forebay {
namespace {

GpuMachine ask_driver() {
  constexpr int kArchitectures[] = {__CUDA_ARCH_LIST__};  // 900 for 9.0
  GpuMachine machine;
  machine.built_with = CUDART_VERSION;
  machine.oldest_capability =
      *std::min_element(std::begin(kArchitectures), std::end(kArchitectures)) / 10;
  if (cudaDriverGetVersion(&machine.driver) != cudaSuccess) machine.driver = 0;
  int count = 0;
  const cudaError_t asked = cudaGetDeviceCount(&count);
  if (asked != cudaSuccess) {
    machine.refusal = cudaGetErrorString(asked);
    return machine;
  }
  for (int number = 0; number < count; ++number) {
    cudaDeviceProp properties{};
    if (cudaGetDeviceProperties(&properties, number) != cudaSuccess) break;
    char pci[32] = "";
    if (cudaDeviceGetPCIBusId(pci, sizeof pci, number) != cudaSuccess) break;
    machine.gpus.push_back({.name = properties.name,
                            .capability = 10 * properties.major + properties.minor,
                            .memory_bytes = properties.totalGlobalMem,
                            .pci = pci});
  }
  return machine;
}

}  // namespace

const GpuMachine& find_gpus() {
  static const GpuMachine machine = ask_driver();
  return machine;
}

}  // namespace forebay
