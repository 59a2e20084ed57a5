#include <forebay/nodes/train/trainer.hpp>

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

namespace forebay {

/// A replica's gradient bucket on its way to all-reduce.
struct Trainer::Bucket {
  GradientBucket gradient;
  std::int64_t step = 0;
  std::uint64_t next_position = 0;
  StepResult result;  // only in a step's last bucket
};

/// A bucket with the mean gradient of all replicas.
struct Trainer::Reduced {
  GradientBucket gradient;
  Step step;  // the result is complete only in the last bucket
};

/// Makes one step of its buckets.
class Trainer::StepEnd {
 public:
  StepEnd(Trainer& trainer, Graph& graph, std::size_t buckets)
      : trainer_(&trainer), graph_(&graph), buckets_(buckets) {}

  std::optional<Step> add(Reduced bucket) {
    if (++seen_ < buckets_) return std::nullopt;
    seen_ = 0;
    trainer_->last_step_ = bucket.step;
    ++trainer_->weights_.batches_tracked;
    // Every weight is new and no replica has begun the next step: the one moment to stop at.
    if (trainer_->options_.stop()) {
      trainer_->stopped_ = true;
      graph_->cancel();
    }
    return bucket.step;
  }
  std::optional<Step> finish() { return std::nullopt; }

 private:
  Trainer* trainer_;
  Graph* graph_;
  std::size_t buckets_;
  std::size_t seen_ = 0;
};

/// Copies batches to devices ahead of their steps. When the graph goes, so may the batches,
/// whatever ended the run.
class Trainer::Uploads {
 public:
  explicit Uploads(Trainer& trainer) : trainer_(trainer) {
    for (const auto& replica : trainer_.replicas_) replica->on_device()->begin_run();
  }
  ~Uploads() {
    for (const auto& replica : trainer_.replicas_) {
      try {
        replica->on_device()->begin_run();  // waits for copies that no step has waited for
      } catch (const Error&) {
        // A device that fails here has failed the run, which says so.
      }
    }
  }
  Uploads(const Uploads&) = delete;
  Uploads& operator=(const Uploads&) = delete;

  void stage(const Batch& batch) const {
    for (std::size_t i = 0; i < trainer_.replicas_.size(); ++i) {
      trainer_.replicas_[i]->on_device()->stage(trainer_.shard(batch, i));
    }
  }

 private:
  Trainer& trainer_;
};

Trainer::Trainer(const Network& network, std::vector<std::unique_ptr<Replica>> replicas,
                 std::size_t rows_per_replica, TrainerOptions options,
                 std::unique_ptr<GradientMean> mean)
    : replicas_(std::move(replicas)),
      mean_(std::move(mean)),
      rows_(rows_per_replica),
      options_(std::move(options)),
      weights_(network),
      sgd_(network, options_.sgd) {
  if (replicas_.empty()) throw Error("no replicas to train; give one or more");
}

Shard Trainer::shard(const Batch& batch, std::size_t replica) const {
  if (batch.format.layout != SampleLayout::kNhwc) {
    throw Error("devices take batches in NHWC; give the BatchPool no other layout");
  }
  const std::size_t begin = std::min(replica * rows_, batch.filled);
  const std::size_t end = std::min(begin + rows_, batch.filled);
  return {batch.sample(begin).values, std::span(batch.labels).subspan(begin, end - begin),
          end - begin, batch.format.type};
}

// On the pool a node moves between workers, each of which would grow a team of its own; and a
// worker must not wait.
NodeSettings Trainer::replica_settings(std::size_t replica) const {
  const bool own = replicas_[replica]->threads() > 1 || replicas_[replica]->waits();
  return {.queue = 1, .run_on = own ? RunOn::kOwnThreads : RunOn::kPool, .fixed = true};
}

int Trainer::team_threads() const {
  int threads = 0;
  for (const auto& replica : replicas_) {
    if (replica->threads() > 1) threads += replica->threads();
  }
  return threads;
}

void Trainer::forward_backward(std::size_t replica, const Batch& batch, const Step& previous,
                               Emitter<Bucket>& emit) {
  Bucket last;
  const auto send = [&](const GradientBucket& gradient) {
    Bucket bucket{gradient, previous.number + 1, batch.next_position, {}};
    if (static_cast<std::size_t>(gradient.index) + 1 < replicas_[replica]->buckets().size()) {
      emit(bucket);
    } else {
      last = bucket;  // waits for the step's result
    }
  };
  last.result = replicas_[replica]->forward_backward(shard(batch, replica), send);
  emit(last);
}

Trainer::Reduced Trainer::all_reduce(std::span<const Bucket> parts) {
  Reduced reduced;
  reduced.step.number = parts.front().step;
  reduced.step.next_position = parts.front().next_position;
  gradients_.clear();
  for (const Bucket& part : parts) {
    gradients_.push_back(part.gradient);
    reduced.step.result += part.result;
  }
  reduced.gradient = mean_->mean(gradients_);
  return reduced;
}

Trainer::Reduced Trainer::update(Reduced bucket) {
  bucket.step.lr = options_.lr(bucket.step.number);
  const GradientBucket& gradient = bucket.gradient;
  if (on_devices()) {
    for (const auto& replica : replicas_) replica->on_device()->update(gradient, bucket.step.lr);
    return bucket;
  }
  sgd_.update(weights_.parameters(), gradient.begin, gradient.values, bucket.step.lr);
  for (const auto& replica : replicas_) {
    replica->load_parameters(weights_, gradient.begin, gradient.values.size());
  }
  return bucket;
}

std::vector<Output<Trainer::Bucket>> Trainer::add_replicas(
    Graph& graph, const Output<std::tuple<BatchHandle, Step>>& steps) {
  using Message = std::tuple<BatchHandle, Step>;
  const std::size_t buckets = replicas_.front()->buckets().size();
  std::vector<Output<Message>> branches{steps};
  if (replicas_.size() > 1) {
    const auto scatter = graph.broadcast<Message>("scatter", {.queue = 1}, replicas_.size());
    steps >> scatter.input;
    branches = scatter.outputs;
  }
  std::vector<Output<Bucket>> outputs;
  for (std::size_t i = 0; i < replicas_.size(); ++i) {
    const auto node = graph.expand<Bucket>(
        "forward-backward[" + std::to_string(i) + "]", replica_settings(i), buckets,
        [this, i](Message message, Emitter<Bucket>& emit) {
          forward_backward(i, *std::get<0>(message), std::get<1>(message), emit);
        });
    branches[i] >> node;
    outputs.push_back(node.output);
  }
  return outputs;
}

// A device has two input buffers: a batch may go there when the step before the last one that did
// has ended.
Input<BatchHandle> Trainer::add_uploads(Graph& graph, const Input<BatchHandle>& steps,
                                        const Output<Step>& ended) {
  using Message = std::tuple<BatchHandle, Step>;
  const auto room = graph.join<BatchHandle, Step>("room", {.queue = 2});
  const auto upload =
      graph.transform("upload", {.queue = 1, .run_on = RunOn::kOwnThreads, .fixed = true},
                      [uploads = std::make_shared<Uploads>(*this)](const Message& message) {
                        const BatchHandle& batch = std::get<0>(message);
                        uploads->stage(*batch);
                        return batch;
                      });
  room.output >> upload >> steps;
  graph.feedback(ended, room.second, std::vector<Step>(2));
  return room.first;
}

Stage<BatchHandle, Step> Trainer::train(Graph& graph) {
  stopped_ = false;
  const std::size_t buckets = replicas_.front()->buckets().size();
  const NodeSettings small{.queue = buckets, .fixed = true};

  const auto begin = graph.join<BatchHandle, Step>("step", {.queue = 2});
  const std::vector<Output<Bucket>> outputs = add_replicas(graph, begin.output);
  const auto gather = graph.gather<Bucket>("gather", small, replicas_.size());
  for (std::size_t i = 0; i < outputs.size(); ++i) outputs[i] >> gather.inputs[i];

  NodeSettings reducing = small;
  if (mean_->waits()) reducing.run_on = RunOn::kOwnThreads;
  const auto reduce =
      graph.transform("all-reduce", reducing,
                      [this](const std::vector<Bucket>& parts) { return all_reduce(parts); });
  const auto update = graph.transform(
      "update", small, [this](const Reduced& bucket) { return this->update(bucket); });
  const auto end = graph.collect<Reduced>("step-end", small, StepEnd(*this, graph, buckets));
  const auto done = graph.broadcast<Step>("weights-new", {.queue = 1}, on_devices() ? 3 : 2);
  gather.output >> (reduce >> update >> end) >> done.input;

  Step previous;
  previous.number = next_step() - 1;
  graph.feedback(done[0], begin.second, std::vector<Step>{previous});
  const auto batches = on_devices() ? add_uploads(graph, begin.first, done[2]) : begin.first;
  return {batches, done[1]};
}

Stage<BatchHandle, StepResult> Trainer::validate(Graph& graph) {
  const auto scatter = graph.broadcast<BatchHandle>("scatter", {.queue = 2}, replicas_.size());
  const auto gather = graph.gather<StepResult>("gather", {.queue = 2}, replicas_.size());
  for (std::size_t i = 0; i < replicas_.size(); ++i) {
    const auto evaluate =
        graph.transform("evaluate[" + std::to_string(i) + "]", replica_settings(i),
                        [this, i](const BatchHandle& batch) {
                          const Shard rows = shard(*batch, i);
                          return rows.rows > 0 ? replicas_[i]->evaluate(rows) : StepResult{};
                        });
    scatter[i] >> evaluate >> gather.inputs[i];
  }
  const auto sum = graph.transform("sum", {.queue = 2}, [](const std::vector<StepResult>& parts) {
    StepResult total;
    for (const StepResult& part : parts) total += part;
    return total;
  });
  gather.output >> sum;
  return {scatter.input, sum.output};
}

void Trainer::collect() {
  mean_->wait();
  if (on_devices()) replicas_.front()->on_device()->read(weights_.parameters(), sgd_.velocity());
  const std::span<float> mean = weights_.buffers();
  std::fill(mean.begin(), mean.end(), 0.0f);
  const float share = 1.0f / static_cast<float>(replicas_.size());
  for (const auto& replica : replicas_) {
    const std::span<const float> own = replica->buffers();
    for (std::size_t i = 0; i < mean.size(); ++i) mean[i] += share * own[i];
  }
}

void Trainer::share_buffers() {
  for (const auto& replica : replicas_) replica->load_buffers(weights_);
}

std::vector<std::span<const float>> Trainer::replica_buffers() const {
  std::vector<std::span<const float>> buffers;
  for (const auto& replica : replicas_) buffers.push_back(replica->buffers());
  return buffers;
}

std::optional<LossScaling> Trainer::loss_scaling() const {
  return on_devices() ? replicas_.front()->on_device()->loss_scaling() : std::nullopt;
}

void Trainer::restore(std::optional<Step> last, const std::vector<std::vector<float>>& buffers,
                      std::optional<LossScaling> scaling) {
  if (!buffers.empty() && buffers.size() != replicas_.size()) {
    throw Error("the state is of " + std::to_string(buffers.size()) + " replicas, this run has " +
                std::to_string(replicas_.size()) + "; give as many");
  }
  last_step_ = last;
  const std::vector<float> model(weights_.buffers().begin(), weights_.buffers().end());
  for (std::size_t i = 0; i < replicas_.size(); ++i) {
    replicas_[i]->load_parameters(weights_, 0, weights_.parameters().size());
    if (on_devices()) {
      replicas_[i]->on_device()->load_velocity(sgd_.velocity());
      if (scaling) replicas_[i]->on_device()->load_loss_scaling(*scaling);
    }
    const std::vector<float>& own = buffers.empty() ? model : buffers[i];
    std::copy(own.begin(), own.end(), weights_.buffers().begin());
    replicas_[i]->load_buffers(weights_);
  }
  std::copy(model.begin(), model.end(), weights_.buffers().begin());
}

std::size_t Trainer::memory_bytes() const {
  std::size_t bytes = 2 * weights_.parameters().size_bytes() + weights_.buffers().size_bytes();
  for (const auto& replica : replicas_) bytes += replica->memory_bytes();
  return bytes;
}

}  // namespace forebay
