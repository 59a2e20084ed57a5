#include <forebay/nodes/cuda/make_replica.hpp>

#include <forebay/nodes/cuda/cuda_replica.hpp>
#include <forebay/nodes/cuda/cudnn/cudnn_convolver.hpp>

namespace forebay {

std::unique_ptr<Replica> make_cuda_replica(const Network& network,
                                           const CudaReplicaOptions& options) {
  return std::make_unique<cuda::CudaReplica>(network, options,
                                             std::make_unique<cuda::CudnnConvolver>(options.gpu));
}

BatchMemory pinned_batch_memory() {
  return {.take = [](std::size_t bytes) { return cuda::PinnedMemory(bytes).release(); },
          .give_back = cuda::PinnedMemory::free};
}

}  // namespace forebay
