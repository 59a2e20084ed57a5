#include <forebay/nodes/cuda/check.hpp>
#include <forebay/nodes/cuda/kernels/all.hpp>
#include <forebay/nodes/cuda/kernels/launch.hpp>

namespace forebay::cuda {
namespace {

constexpr unsigned kThreads = 256;  // of a block

template <class Element>
__global__ void __launch_bounds__(kThreads) run(Element element, Index count) {
  const Index index = blockIdx.x * kThreads + threadIdx.x;
  if (index < count) element(index);
}

}  // namespace

template <class Element>
void launch(const Element& element, Index count, cudaStream_t stream) {
  if (count == 0) return;
  run<<<(count + kThreads - 1) / kThreads, kThreads, 0, stream>>>(element, count);
  check(cudaGetLastError(), "launch a kernel");
}

#include <forebay/nodes/cuda/kernels/instances.hpp>

}  // namespace forebay::cuda
