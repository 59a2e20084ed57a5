#pragma once

// The mean of gradients that GPUs make among themselves, through NCCL. Shows CUDA's types.

#include <memory>
#include <vector>

#include <forebay/nodes/cuda/cuda_replica.hpp>
#include <forebay/nodes/reduce/nccl.hpp>
#include <forebay/nodes/train/gradient_mean.hpp>

namespace forebay::cuda {

/// A GPU's stream as a rank of NCCL; it stays where it is while the rank is used.
NcclRank rank_of(Stream& stream);

/// Gradients stay on their GPUs, and are averaged in `ReplicaOptions::reduce_in`. A bucket comes
/// here when its replica's thread has seen it complete on the GPU, so its collective waits for no
/// event; the update waits for it by one, and the host for none.
class GpuMean final : public GradientMean {
 public:
  /// Replicas of one network with `Averaging::kGpus`, each on a GPU of its own; they outlive this.
  /// Throws `Error` as `NcclMean` does.
  explicit GpuMean(std::vector<CudaReplica*> replicas, NcclOptions options = {});
  ~GpuMean() override;

  GradientBucket mean(std::span<const GradientBucket> parts) override;
  void wait() override;
  bool waits() const override { return true; }

 private:
  const std::vector<CudaReplica*> replicas_;
  std::vector<void*> gradients_;  // of one bucket, by replica
  std::unique_ptr<NcclMean> nccl_;
};

}  // namespace forebay::cuda
