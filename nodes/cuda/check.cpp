#include <forebay/nodes/cuda/check.hpp>

#include <fmt/format.h>

#include <forebay/graph/error.hpp>

namespace forebay::cuda {

void check(cudaError_t result, std::string_view what) {
  if (result == cudaSuccess) return;
  throw Error(
      fmt::format("{}: {} ({})", what, cudaGetErrorString(result), cudaGetErrorName(result)));
}

}  // namespace forebay::cuda
