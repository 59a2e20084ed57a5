#pragma once

// A replica on a GPU, with its optimizer. Shows CUDA's types.

#include <array>
#include <atomic>
#include <memory>
#include <vector>

#include <forebay/nodes/cuda/device.hpp>
#include <forebay/nodes/cuda/gpu_memory.hpp>
#include <forebay/nodes/cuda/make_replica.hpp>
#include <forebay/nodes/cuda/repeated_work.hpp>
#include <forebay/nodes/cuda/step.hpp>
#include <forebay/nodes/cuda/stretches.hpp>
#include <forebay/nodes/train/buckets.hpp>
#include <forebay/nodes/train/replica.hpp>
#include <forebay/nodes/train/shard_check.hpp>

namespace forebay::cuda {

/// One allocation, the plan's arena, holds everything on the GPU. Four streams have its work:
/// copies of the next batch, the step, gradients on their way to their mean, updates. Events order
/// them; the host waits only for what it hands on, on the thread that called for the step, and not
/// for ever.
///
/// A batch goes to one of two input buffers, so that the next one is copied while a step runs. The
/// same network, rows, GPU and cuDNN's plans give the same bits.
class CudaReplica final : public Replica, private OnDevice {
 public:
  /// Throws `Error` for options out of range, where `plan_step` does, and where memory is short.
  CudaReplica(const Network& network, const CudaReplicaOptions& options,
              std::unique_ptr<Convolver> convolver);

  StepResult forward_backward(const Shard& shard,
                              const std::function<void(const GradientBucket&)>& on_bucket) override;
  /// Not between a `stage` and its step.
  StepResult evaluate(const Shard& shard, std::span<float> logits) override;
  void load_parameters(const Weights& weights, std::size_t begin, std::size_t count) override;
  void load_buffers(const Weights& weights) override;
  std::span<const float> buffers() const override;
  std::span<const GradientBucket> buckets() const override { return buckets_.list(); }
  std::size_t memory_bytes() const override { return step_.bytes; }
  OnDevice* on_device() override { return this; }
  bool waits() const override { return true; }

  /// For a mean that GPUs make (`Averaging::kGpus`): the stream for it, how many values a bucket
  /// has, and in which type.
  Stream& means() { return means_; }
  std::size_t size(const GradientBucket& bucket) const { return end_of(bucket) - bucket.begin; }
  Precision reduce_in() const { return options_.replica.reduce_in; }
  /// Where a complete bucket's gradient lies on the GPU when `means` comes to what is queued next,
  /// for its mean to take its place.
  void* to_mean(const GradientBucket& bucket);
  /// The bucket's mean ends what `means` has now; its update waits for that.
  void mean_queued(const GradientBucket& bucket);

 private:
  /// In pinned memory: what is copied from and to the GPU by itself.
  struct HostSide {
    BatchLoss loss;  // of the last step
    float lr;        // of the next update
  };

  void begin_run() override;
  void stage(const Shard& shard) override;
  void update(const GradientBucket& gradient, double lr) override;
  void load_velocity(std::span<const float> velocity) override;
  void read(std::span<float> parameters, std::span<float> velocity) override;
  std::optional<LossScaling> loss_scaling() override;
  void load_loss_scaling(const LossScaling& scaling) override;

  void fill(const Network& network);
  void set_loss_scaling(const LossScaling& scaling);
  bool scales_loss() const { return options_.replica.precision == Precision::kFloat16; }
  void copy_input(Stream& stream, std::size_t slot, const Shard& shard);
  Pass begin(std::size_t slot, Mode mode, std::size_t rows);
  void fetch_loss();
  std::vector<GradientBucket> queue_step(std::size_t slot, const Pass& pass);
  void fetch(GradientBucket& bucket);
  template <class Use>
  void with_reduced(const Use& use) const;
  void update_scaled();
  void update_range(std::size_t begin, std::size_t end, const int* skip);
  void pack_weights(std::size_t begin, std::size_t end);
  StepResult result(std::size_t rows) const;
  Event& there(const GradientBucket& bucket) {
    return bucket_there_[static_cast<std::size_t>(bucket.index)];
  }
  std::size_t end_of(const GradientBucket& bucket) const;
  std::size_t parameters_size() const { return offsets_.back(); }
  float* parameters() const { return arena_.floats(step_.shared.parameters); }
  float* gradients() const { return arena_.floats(step_.shared.gradients); }
  float* velocity() const { return arena_.floats(step_.update.velocity); }
  LossScale* loss_scale() const { return arena_.values<LossScale>(step_.shared.loss_scale); }
  HostSide& host() const { return *reinterpret_cast<HostSide*>(host_.data()); }

  const CudaReplicaOptions options_;
  const ShardCheck check_;
  const std::unique_ptr<Convolver> convolver_;
  Step step_;
  const std::vector<std::size_t> offsets_;  // of parameters
  GradientBuckets buckets_;
  const GpuMemory memory_;
  const Arena arena_;
  const PinnedMemory host_;
  const PinnedMemory host_gradients_;      // of this step and the one before, or nothing
  mutable std::vector<float> statistics_;  // what `buffers` shows

  std::atomic<std::size_t> staged_ = 0, finished_ = 0;  // steps of this run

  mutable Stream compute_;
  Stream copies_, means_, updates_;
  std::array<Event, 2> input_there_;
  Event updated_;
  std::vector<Event> bucket_there_;  // where it is handed out, and then its mean
  Capturing capturing_;
  Stretches stretches_;
  RepeatedWork inference_;                 // of all rows
  std::vector<RepeatedWork> update_work_;  // by bucket
};

}  // namespace forebay::cuda
