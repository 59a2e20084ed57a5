#include <forebay/graph/error.hpp>
#include <forebay/nodes/cuda/make_replica.hpp>

namespace forebay {

GpuMachine find_gpus() { return {}; }

std::unique_ptr<Replica> make_cuda_replica(const Network& /*network*/,
                                           const CudaReplicaOptions& /*options*/) {
  throw Error(why_unusable({}, {}));
}

BatchMemory pinned_batch_memory() { return plain_batch_memory(); }

}  // namespace forebay
