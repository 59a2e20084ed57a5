#pragma once

// One copy of the network on one device: what the CPU, CUDA and simulated devices implement.

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include <forebay/nodes/image/sample.hpp>
#include <forebay/nodes/network/network.hpp>
#include <forebay/nodes/network/weights.hpp>
#include <forebay/nodes/train/loss_scaling.hpp>

namespace forebay {

/// Rows of a batch that one replica works on. `images` is NHWC, `rows` x height x width x channels
/// values of `type`, in memory the caller keeps alive; `labels` has `rows` classes.
struct Shard {
  const void* images = nullptr;
  std::span<const int> labels;
  std::size_t rows = 0;
  SampleType type = SampleType::kFloat32;
};

/// Sums over the rows of a shard, so that shards and steps add up exactly.
struct StepResult {
  double loss_sum = 0;           // what gradients are of: cross-entropy with label smoothing
  double cross_entropy_sum = 0;  // without it
  std::size_t top1 = 0;
  std::size_t top5 = 0;
  std::size_t rows = 0;

  StepResult& operator+=(const StepResult& other) {
    loss_sum += other.loss_sum;
    cross_entropy_sum += other.cross_entropy_sum;
    top1 += other.top1;
    top5 += other.top5;
    rows += other.rows;
    return *this;
  }
};

/// A range of the flat gradient array, complete for this replica. Buckets of a step come last
/// layers first and tile the whole array.
struct GradientBucket {
  int index = 0;            // 0 is the last layers' bucket
  std::size_t begin = 0;    // in elements of Weights::parameters()
  std::span<float> values;  // the replica's gradient; valid until its next step begins. Empty where
                            // it stays on a device
};

/// What activations and their gradients are stored in. Weights, their gradients, statistics and the
/// loss are float32 with each. Or what gradients of weights are sent in, to be averaged.
enum class Precision : std::uint8_t { kFloat32, kBfloat16, kFloat16 };

/// What the images of a replica's shards are.
struct ImageInput {
  SampleType type = SampleType::kFloat32;  // or, of GPUs and simulated ones, kUint8
  std::array<float, 3> mean{};             // kUint8: what the replica normalises them by, as
  std::array<float, 3> std_dev{1, 1, 1};   // `Normalise` does
};

/// How a network is compiled for a device.
struct ReplicaOptions {
  std::size_t rows = 1;                       // rows per step, fixed
  float label_smoothing = 0;                  // in [0, 1)
  std::size_t bucket_bytes = 25 << 20;        // a bucket closes when it has reached this
  int threads = 1;                            // CPU replicas: threads of one step
  Precision precision = Precision::kFloat32;  // kFloat16: of GPUs only
  bool tf32 = false;  // of GPUs, in kFloat32: products take the first 11 bits of each factor
  Precision reduce_in = Precision::kFloat32;  // of GPUs that average among themselves
  ImageInput images = {};
};

/// What a replica does besides whose device has memory and queues of its own: batches go there
/// ahead of their steps, and the optimizer is where the weights are.
class OnDevice {
 public:
  virtual ~OnDevice() = default;

  /// A run begins, or has ended: batches staged for steps that never came are forgotten. Waits for
  /// what was staged and updated, so that batches and other replicas may go when this returns.
  virtual void begin_run() = 0;

  /// Begins to copy the rows of a step that `forward_backward` is called for later, in the order of
  /// these calls; they stay as they are until then. Returns at once. Not before the step before the
  /// last one staged has ended. From any thread.
  virtual void stage(const Shard& shard) = 0;

  /// Updates the weights by the gradient of a bucket that `forward_backward` gave: by the device's
  /// own, or by `gradient.values` where there are some. Queues the work and returns. From any
  /// thread, one bucket after the other.
  virtual void update(const GradientBucket& gradient, double lr) = 0;

  /// The optimizer's state, in the layout of Weights::parameters().
  virtual void load_velocity(std::span<const float> velocity) = 0;

  /// Waits for all updates and copies what they made. Between runs.
  virtual void read(std::span<float> parameters, std::span<float> velocity) = 0;

  /// Float16's, the same on all devices; none with other types, which leave alone what is loaded.
  /// Between runs.
  virtual std::optional<LossScaling> loss_scaling() = 0;
  virtual void load_loss_scaling(const LossScaling& scaling) = 0;
};

/// A network compiled for one device and a fixed number of rows. Calls come from one thread at a
/// time, except that `load_parameters` of ranges whose bucket was handed out may run on another
/// thread during the rest of `forward_backward`. All memory is taken in the constructor; a step
/// allocates nothing.
class Replica {
 public:
  virtual ~Replica() = default;

  /// Forward, loss and backward over exactly `options.rows` rows with the current weights.
  /// `on_bucket` is called from inside, as soon as each bucket is complete. Gradients are of the
  /// mean loss over the shard's rows. Updates the replica's own running statistics.
  virtual StepResult forward_backward(
      const Shard& shard, const std::function<void(const GradientBucket&)>& on_bucket) = 0;

  /// Forward in inference mode, the loss without label smoothing; `shard.rows` may be less than the
  /// compiled rows. `logits`, when not empty, receives rows x classes values.
  virtual StepResult evaluate(const Shard& shard, std::span<float> logits = {}) = 0;

  /// Takes over the parameters in elements [begin, begin + count) of `weights`.
  virtual void load_parameters(const Weights& weights, std::size_t begin, std::size_t count) = 0;

  /// Running statistics, in the layout of Weights::buffers(). Between steps; a device's are copied
  /// by each call, and valid until the next one.
  virtual void load_buffers(const Weights& weights) = 0;
  virtual std::span<const float> buffers() const = 0;

  /// Buckets of every step, in order; `values` is empty.
  virtual std::span<const GradientBucket> buckets() const = 0;

  /// Bytes that the memory plan predicted and took, weights' copies and workspaces included.
  virtual std::size_t memory_bytes() const = 0;

  /// Threads that a step computes with, the calling one among them. Where there are more than 1,
  /// the calling thread keeps the others for later steps: call all steps on the same one.
  virtual int threads() const { return 1; }

  /// Null where weights and optimizer are the host's. Lives as long as the replica.
  virtual OnDevice* on_device() { return nullptr; }

  /// Whether a step waits for a device elsewhere instead of computing on the calling thread: then
  /// call it on a thread that has nothing else to do.
  virtual bool waits() const { return false; }
};

/// What a CPU replica should compute in when `wanted` is asked for: float32 where the CPU has no
/// instructions for bfloat16 (AVX-512 BF16 or AMX), which would be slower than float32 there.
Precision cpu_precision(Precision wanted);

/// A replica on the CPU through oneDNN, NHWC end to end.
std::unique_ptr<Replica> make_cpu_replica(const Network& network, const ReplicaOptions& options);

/// `memory_bytes()` of that replica, from its plan alone: takes none of it, and some ten
/// milliseconds for a large network.
std::size_t cpu_replica_bytes(const Network& network, const ReplicaOptions& options);

}  // namespace forebay
