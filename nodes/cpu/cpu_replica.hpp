#pragma once

// A replica on the CPU through oneDNN: NHWC from the images to the logits.

#include <memory>
#include <vector>

#include <forebay/nodes/cpu/cpu_step.hpp>
#include <forebay/nodes/train/buckets.hpp>
#include <forebay/nodes/train/replica.hpp>
#include <forebay/nodes/train/shard_check.hpp>

namespace forebay {

/// One block of memory, planned by liveness, holds everything: activations, gradients, copies of
/// the weights, workspaces, scratch. A step itself allocates nothing but the argument lists that
/// oneDNN makes and frees in each call (below 1 KiB each). Bitwise repeatable for the same network,
/// rows and threads on one machine.
class CpuReplica final : public Replica {
 public:
  /// Throws `Error` for options out of range, for more threads than OMP_THREAD_LIMIT allows, and
  /// where memory is short.
  CpuReplica(const Network& network, const ReplicaOptions& options);

  StepResult forward_backward(const Shard& shard,
                              const std::function<void(const GradientBucket&)>& on_bucket) override;
  StepResult evaluate(const Shard& shard, std::span<float> logits) override;

  /// Copies whole parameters: those that the range touches. Works on the calling thread alone.
  void load_parameters(const Weights& weights, std::size_t begin, std::size_t count) override;
  void load_buffers(const Weights& weights) override;
  std::span<const float> buffers() const override { return buffers_; }
  std::span<const GradientBucket> buckets() const override { return buckets_.list(); }
  std::size_t memory_bytes() const override { return step_.bytes; }
  int threads() const override { return options_.threads; }

  /// For tests of the plan: what it would take without sharing, and what no plan could go below.
  const MemoryPlan& plan() { return step_.planner.plan(); }

 private:
  struct Free {
    void operator()(std::byte* block) const;
  };

  void take_memory();
  template <class Body>
  void for_each_block(const OpGroup& group, Pass& pass, bool downwards, const Body& body);
  void run_forward(Pass pass);
  void run_backward(Pass pass, const std::function<void(const GradientBucket&)>& on_bucket);

  std::string name_;
  std::size_t classes_;
  ReplicaOptions options_;
  ShardCheck check_;
  CpuStep step_;
  GradientBuckets buckets_;
  std::unique_ptr<std::byte, Free> memory_;
  std::span<float> logits_, logits_gradients_, gradients_, buffers_;
};

}  // namespace forebay
