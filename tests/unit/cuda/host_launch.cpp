// Launches for steps that are tested without a GPU: loops over arrays in the host's memory.

#include <forebay/nodes/cuda/kernels/all.hpp>
#include <forebay/nodes/cuda/kernels/launch.hpp>

#include "host_device.hpp"

namespace forebay::cuda {

template <class Element>
void launch(const Element& element, Index count, cudaStream_t stream) {
  queue_on_host(stream, [element, count] {
    for (Index i = 0; i < count; ++i) element(i);
  });
}

#include <forebay/nodes/cuda/kernels/instances.hpp>

void finish_launches() {}

}  // namespace forebay::cuda
