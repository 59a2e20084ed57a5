#pragma once

// Data-parallel training as graph nodes: forward-backward per replica, all-reduce, update.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <forebay/graph/graph.hpp>
#include <forebay/nodes/batch/batch.hpp>
#include <forebay/nodes/network/network.hpp>
#include <forebay/nodes/network/weights.hpp>
#include <forebay/nodes/train/gradient_mean.hpp>
#include <forebay/nodes/train/replica.hpp>
#include <forebay/nodes/train/sgd.hpp>

namespace forebay {

/// One finished training step.
struct Step {
  std::int64_t number = 0;  // over all epochs, from 0
  double lr = 0;
  StepResult result;
  std::uint64_t next_position = 0;  // where reading goes on after this step's batch
};

struct TrainerOptions {
  SgdOptions sgd;
  std::function<double(std::int64_t step)> lr = [](std::int64_t) { return 0.1; };
  /// Asked at the end of each step; true ends the run there.
  std::function<bool()> stop = [] { return false; };
};

/// Owns the replicas, the weights they share and the optimizer, across the graphs (one an epoch)
/// that train them. A graph uses the trainer until it is destroyed; one graph at a time.
///
///     batch ─► step ─► forward-backward[i] ─ buckets ─► gather ─► all-reduce ─► update ─┐
///               ▲                                                                      ▼
///               └──────────────── the weights are new ◄────────────────────────── step end
///
/// Every bucket is a message, so all-reduce and update of the last layers overlap the backward pass
/// of the first. A step begins when the one before it has updated every weight. The result depends
/// on the batches alone, not on timing: bitwise the same from run to run.
///
/// Replicas on devices of their own (all or none are: `Replica::on_device`) get each batch while
/// the step before runs, and update their weights themselves:
///
///     batch ─► room ─► upload ─► step ─► forward-backward[i] ─ ...
///               ▲ a step has ended: one of two buffers is free
class Trainer {
 public:
  /// All replicas are compiled from `network`, which outlives this, for the same number of rows.
  /// `mean` may use the replicas. Throws `Error` when there is none.
  Trainer(const Network& network, std::vector<std::unique_ptr<Replica>> replicas,
          std::size_t rows_per_replica, TrainerOptions options,
          std::unique_ptr<GradientMean> mean = std::make_unique<HostMean>());

  /// Rows of a batch: rows per replica x replicas.
  std::size_t batch_size() const { return rows_ * replicas_.size(); }

  /// Adds the nodes of training to `graph`: full batches in, finished steps out.
  Stage<BatchHandle, Step> train(Graph& graph);

  /// Adds the nodes of validation: batches in (the last may be partly filled), their results out.
  Stage<BatchHandle, StepResult> validate(Graph& graph);

  /// Whether `TrainerOptions::stop` ended the last run of training; `last_step` tells where.
  bool stopped() const { return stopped_; }

  /// The last finished step of all runs; nullopt before the first.
  const std::optional<Step>& last_step() const { return last_step_; }
  /// The number of the next step.
  std::int64_t next_step() const { return last_step_ ? last_step_->number + 1 : 0; }

  /// Sets the weights' running statistics to the mean of the replicas', and brings weights and
  /// optimizer from devices that have their own; for saving. Throws `Error` where devices failed.
  void collect();
  /// Gives those to every replica. At the end of an epoch: from then on all replicas validate
  /// alike, and like the saved model.
  void share_buffers();

  // For checkpoints, between runs, and after `collect`.
  std::optional<LossScaling> loss_scaling() const;  // as `OnDevice::loss_scaling`
  const Weights& weights() const { return weights_; }
  Weights& weights() { return weights_; }
  Sgd& sgd() { return sgd_; }
  const Sgd& sgd() const { return sgd_; }
  std::vector<std::span<const float>> replica_buffers() const;

  /// Call after changing `weights()` or `sgd()`: hands the weights to the replicas. `buffers`: one
  /// per replica, or none to use the weights' for all; throws `Error` for any other number. `last`:
  /// the step to go on after. `scaling`: what `loss_scaling` was then, or none to find it anew.
  void restore(std::optional<Step> last, const std::vector<std::vector<float>>& buffers = {},
               std::optional<LossScaling> scaling = std::nullopt);

  /// Threads that the nodes of replicas run besides the graph's pool: a replica with several has
  /// a node with a thread of its own, so that its team is there once. Give the pool as many fewer
  /// (`GraphOptions::threads`), or together they have more threads than the machine has cores.
  int team_threads() const;

  /// Bytes of all replicas' plans, and of weights, gradients and optimizer.
  std::size_t memory_bytes() const;
  /// Of one replica's plan.
  std::size_t replica_bytes(std::size_t replica) const {
    return replicas_[replica]->memory_bytes();
  }

 private:
  struct Bucket;
  struct Reduced;
  class StepEnd;
  class Uploads;

  bool on_devices() const { return replicas_.front()->on_device() != nullptr; }
  Input<BatchHandle> add_uploads(Graph& graph, const Input<BatchHandle>& steps,
                                 const Output<Step>& ended);
  std::vector<Output<Bucket>> add_replicas(Graph& graph,
                                           const Output<std::tuple<BatchHandle, Step>>& steps);
  void forward_backward(std::size_t replica, const Batch& batch, const Step& previous,
                        Emitter<Bucket>& emit);
  Reduced all_reduce(std::span<const Bucket> parts);
  Reduced update(Reduced bucket);
  Shard shard(const Batch& batch, std::size_t replica) const;
  NodeSettings replica_settings(std::size_t replica) const;

  std::vector<std::unique_ptr<Replica>> replicas_;
  std::unique_ptr<GradientMean> mean_;     // goes before the replicas that it uses
  std::vector<GradientBucket> gradients_;  // of one bucket, by replica, for the node all-reduce
  std::size_t rows_;
  TrainerOptions options_;
  Weights weights_;
  Sgd sgd_;
  std::optional<Step> last_step_;
  bool stopped_ = false;
};

}  // namespace forebay
