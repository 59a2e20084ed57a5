#include <forebay/nodes/cuda/check.hpp>

#include <fmt/format.h>

#include <forebay/graph/error.hpp>

namespace forebay::cuda {
namespace {

std::string_view advice(cudaError_t result) {
  switch (result) {
    case cudaErrorMemoryAllocation:
      return "end what else uses the GPU (nvidia-smi lists it), or give a smaller batch";
    case cudaErrorECCUncorrectable:
      return "its memory is damaged (nvidia-smi -q -d ECC tells more): take another GPU and go on "
             "from the last checkpoint";
    case cudaErrorIllegalAddress:
    case cudaErrorMisalignedAddress:
    case cudaErrorInvalidValue:
    case cudaErrorInvalidConfiguration:
    case cudaErrorLaunchOutOfResources:
    case cudaErrorNoKernelImageForDevice:
      return "that is an error of this program, please report it";
    default:
      return "the GPU may be lost (dmesg tells more, by the word Xid): see whether nvidia-smi "
             "still "
             "lists it, reset it or restart the machine, and go on from the last checkpoint";
  }
}

}  // namespace

void check(cudaError_t result, std::string_view what) {
  if (result == cudaSuccess) return;
  throw Error(
      fmt::format("{}: {} ({})", what, cudaGetErrorString(result), cudaGetErrorName(result)));
}

std::string failure_text(std::string_view gpu, std::string_view what, cudaError_t result) {
  return fmt::format("{} cannot {}: {} ({}); {}", gpu, what, cudaGetErrorString(result),
                     cudaGetErrorName(result), advice(result));
}

std::string hang_text(std::string_view gpu, std::chrono::milliseconds limit) {
  return fmt::format(
      "{} does not end its work within {:.4g} s; see what nvidia-smi and the kernel's log (dmesg, "
      "Xid) say of it, and go on from the last checkpoint",
      gpu, std::chrono::duration<double>(limit).count());
}

}  // namespace forebay::cuda
