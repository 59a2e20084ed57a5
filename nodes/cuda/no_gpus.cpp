#include <forebay/graph/error.hpp>
#include <forebay/nodes/cuda/make_replica.hpp>
#include <forebay/nodes/cuda/nvjpeg/gpu_decoder.hpp>

namespace forebay {

const GpuMachine& find_gpus() {
  static const GpuMachine none;
  return none;
}

std::string why_no_cuda_replicas() { return why_unusable({}, {}); }

std::unique_ptr<Replica> make_cuda_replica(const Network& /*network*/,
                                           const CudaReplicaOptions& /*options*/) {
  throw Error(why_unusable({}, {}));
}

std::size_t cuda_replica_bytes(const Network& /*network*/, const ReplicaOptions& /*options*/,
                               const SgdOptions& /*sgd*/) {
  throw Error(why_unusable({}, {}));
}

std::size_t free_gpu_memory(int /*number*/) { throw Error(why_unusable({}, {})); }

std::string describe_fusions(const Network& /*network*/, const CudaReplicaOptions& /*options*/) {
  throw Error(why_unusable({}, {}));
}

std::string why_no_gpu_mean() { return why_unusable({}, {}); }

std::unique_ptr<GradientMean> make_gpu_mean(
    std::span<const std::unique_ptr<Replica>> /*replicas*/) {
  throw Error(why_no_gpu_mean());
}

PlanesDecoder make_gpu_decoder(const GpuId& /*gpu*/,
                               std::function<void(const std::string& line)> /*tell*/,
                               const std::string& /*library*/) {
  throw Error(why_unusable({}, {}));
}

BatchMemory pinned_batch_memory(const GpuId& /*gpu*/) { return plain_batch_memory(); }

}  // namespace forebay
