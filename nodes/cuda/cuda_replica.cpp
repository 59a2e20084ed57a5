#include <forebay/nodes/cuda/cuda_replica.hpp>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include <forebay/nodes/cuda/kernels/pointwise.hpp>
#include <forebay/nodes/cuda/kernels/update.hpp>

namespace forebay::cuda {
namespace {

std::vector<ParameterRange> parameter_ranges(const Network& network, const SgdOptions& options,
                                             const std::vector<std::size_t>& offsets) {
  std::vector<ParameterRange> ranges;
  for (std::size_t i = 0; i < network.parameters.size(); ++i) {
    ranges.push_back({.begin = offsets[i],
                      .end = offsets[i + 1],
                      .decay = weight_decay_of(network.parameters[i], options)});
  }
  return ranges;
}

Momentum momentum_of(SgdKind kind) {
  return kind == SgdKind::kNesterov ? Momentum::kNesterov : Momentum::kPlain;
}

std::vector<float> initial_statistics(const Network& network) {
  std::vector<float> values;
  for (const Buffer& buffer : network.buffers) {
    values.insert(values.end(), static_cast<std::size_t>(elements(buffer.shape)), buffer.initial);
  }
  return values;
}

std::vector<Event> events(const GpuId& gpu, std::size_t count) {
  std::vector<Event> events;
  for (std::size_t i = 0; i < count; ++i) events.emplace_back(gpu);
  return events;
}

std::size_t host_gradient_bytes(Averaging averaging, std::size_t parameters) {
  return averaging == Averaging::kHost ? 2 * parameters * sizeof(float) : 0;
}

template <class Values>
std::size_t bytes_of(const Values& values) {
  return values.size() * sizeof(values[0]);
}

}  // namespace

CudaReplica::CudaReplica(const Network& network, const CudaReplicaOptions& options,
                         std::unique_ptr<Convolver> convolver)
    : options_(options),
      check_(network, options.replica.rows, options.replica.images.type),
      convolver_(std::move(convolver)),
      step_(plan_step(network, step_options(options.replica, options.sgd), *convolver_)),
      offsets_(offsets_of(network.parameters)),
      buckets_(offsets_, options.replica.bucket_bytes),
      memory_(options.gpu.number, step_.bytes),
      arena_(memory_.data(), step_.planner.plan()),
      host_(sizeof(HostSide)),
      host_gradients_(host_gradient_bytes(options.averaging, offsets_.back())),
      statistics_(initial_statistics(network)),
      compute_(options.gpu),
      copies_(options.gpu),
      means_(options.gpu),
      updates_(options.gpu),
      input_there_{Event(options.gpu), Event(options.gpu)},
      updated_(options.gpu),
      bucket_there_(events(options.gpu, buckets_.list().size())),
      capturing_(options.tell),
      stretches_(step_.ops, buckets_, {gradients(), parameters_size()}, capturing_),
      update_work_(buckets_.list().size()) {
  for (const auto& op : step_.ops) op->bind(arena_, step_.planner);
  fill(network);
}

void CudaReplica::fill(const Network& network) {
  const std::vector<float> zeros(parameters_size());
  const auto ranges = parameter_ranges(network, options_.sgd, offsets_);
  updates_.copy(arena_.bytes(step_.update.ranges), ranges.data(), bytes_of(ranges));
  if (step_.trust_ratios) {
    const TrustRatios::Arrays arrays{arena_.values<ParameterRange>(step_.update.ranges),
                                     parameters(), gradients()};
    step_.trust_ratios->bind(arena_, arrays, static_cast<float>(options_.sgd.eta), updates_);
  }
  updates_.copy(arena_.bytes(step_.shared.statistics), statistics_.data(), bytes_of(statistics_));
  updates_.copy(velocity(), zeros.data(), bytes_of(zeros));
  set_loss_scaling({.scale = scales_loss() ? options_.loss_scale : 1});
}

void CudaReplica::begin_run() {
  if (!gpu_hangs()) {
    copies_.synchronize();
    updates_.synchronize();  // which copy from other replicas' memory
  }
  staged_ = finished_.load();
}

void CudaReplica::stage(const Shard& shard) {
  check_.train(shard);
  if (staged_ > finished_ + 1) throw std::logic_error("a third batch staged for a GPU of two");
  use(options_.gpu);
  const std::size_t slot = staged_ % 2;
  copy_input(copies_, slot, shard);
  input_there_[slot].record(copies_);
  ++staged_;
}

void CudaReplica::copy_input(Stream& stream, std::size_t slot, const Shard& shard) {
  const InputBuffers& input = step_.inputs[slot];
  stream.copy(arena_.bytes(input.images), shard.images, shard.rows * step_.image_bytes);
  stream.copy(arena_.bytes(input.labels), shard.labels.data(), bytes_of(shard.labels));
}

// The input buffer is there, and the weights are new.
Pass CudaReplica::begin(std::size_t slot, Mode mode, std::size_t rows) {
  compute_.wait(input_there_[slot]);
  compute_.wait(updated_);
  return {.mode = mode,
          .stream = compute_.get(),
          .images = arena_.bytes(step_.inputs[slot].images),
          .labels = arena_.values<int>(step_.inputs[slot].labels),
          .rows = rows};
}

void CudaReplica::fetch_loss() {
  compute_.copy(&host().loss, arena_.bytes(step_.loss), sizeof(BatchLoss));
}

std::vector<GradientBucket> CudaReplica::queue_step(std::size_t slot, const Pass& pass) {
  std::vector<GradientBucket> queued;
  for (std::size_t i = 0; i < stretches_.count(); ++i) {
    stretches_.queue(i, compute_, slot, pass);
    if (i == 0) fetch_loss();
    for (GradientBucket bucket : stretches_.buckets(i)) {
      there(bucket).record(compute_);
      if (options_.averaging == Averaging::kHost) fetch(bucket);
      queued.push_back(bucket);
    }
  }
  return queued;
}

// Into memory that the step before did not use: other replicas may still copy from that.
void CudaReplica::fetch(GradientBucket& bucket) {
  auto* const all = reinterpret_cast<float*>(host_gradients_.data());
  float* const here = all + (finished_ % 2) * parameters_size() + bucket.begin;
  bucket.values = {here, size(bucket)};
  means_.wait(there(bucket));
  means_.copy(here, gradients() + bucket.begin, bucket.values.size_bytes());
  there(bucket).record(means_);
}

StepResult CudaReplica::forward_backward(
    const Shard& shard, const std::function<void(const GradientBucket&)>& on_bucket) {
  check_.train(shard);
  if (staged_ == finished_) stage(shard);
  use(options_.gpu);
  const std::size_t slot = finished_ % 2;
  const Pass pass = begin(slot, Mode::kTraining, shard.rows);
  const std::vector<GradientBucket> queued = queue_step(slot, pass);
  for (const GradientBucket& bucket : queued) {
    there(bucket).synchronize(options_.step_limit);
    if (on_bucket) on_bucket(bucket);
  }
  ++finished_;
  return result(shard.rows);
}

StepResult CudaReplica::result(std::size_t rows) const {
  const BatchLoss& loss = host().loss;
  return {.loss_sum = loss.loss,
          .cross_entropy_sum = loss.cross_entropy,
          .top1 = loss.top1,
          .top5 = loss.top5,
          .rows = rows};
}

StepResult CudaReplica::evaluate(const Shard& shard, std::span<float> logits) {
  check_.evaluate(shard, logits);
  if (shard.rows == 0) return {};
  use(options_.gpu);
  copy_input(compute_, /*slot=*/0, shard);  // both are free
  const Pass pass = begin(/*slot=*/0, Mode::kInference, shard.rows);
  const auto forward = [&] {
    for (const auto& op : step_.ops) op->forward(pass);
  };
  if (shard.rows == options_.replica.rows) {
    inference_.queue(compute_, capturing_, forward);
  } else {
    forward();
  }
  fetch_loss();
  if (!logits.empty()) {
    const std::size_t classes = step_.planner.tensors.back().row_size();
    compute_.copy(logits.data(), arena_.bytes(step_.logits), shard.rows * classes * sizeof(float));
  }
  compute_.synchronize();
  return result(shard.rows);
}

std::size_t CudaReplica::end_of(const GradientBucket& bucket) const {
  return bucket.index == 0 ? parameters_size()
                           : buckets()[static_cast<std::size_t>(bucket.index) - 1].begin;
}

// Calls `use` with where gradients are averaged, if that is not in float32.
template <class Use>
void CudaReplica::with_reduced(const Use& use) const {
  if (options_.averaging != Averaging::kGpus) return;
  if (reduce_in() == Precision::kFloat16) use(arena_.values<__half>(step_.update.reduced));
  if (reduce_in() == Precision::kBfloat16) use(arena_.values<__nv_bfloat16>(step_.update.reduced));
}

// With the loss scale, so that float16 neither loses small ones nor hides an overflow.
void* CudaReplica::to_mean(const GradientBucket& bucket) {
  const float* const from = gradients() + bucket.begin;
  void* place = gradients() + bucket.begin;
  with_reduced([&]<class Value>(Value* all) {
    cuda::use(options_.gpu);
    launch(Cast{from, all + bucket.begin, &loss_scale()->scale}, static_cast<Index>(size(bucket)),
           means_.get());
    place = all + bucket.begin;
  });
  return place;
}

void CudaReplica::mean_queued(const GradientBucket& bucket) { there(bucket).record(means_); }

void CudaReplica::update(const GradientBucket& gradient, double lr) {
  use(options_.gpu);
  updates_.wait(there(gradient));
  const std::size_t begin = gradient.begin, end = end_of(gradient);
  if (gradient.index == 0) {  // the updates of the step before are done, as this step has begun
    host().lr = static_cast<float>(lr);
    updates_.copy(arena_.bytes(step_.update.lr), &host().lr, sizeof(float));
  }
  if (!gradient.values.empty()) {
    updates_.copy(gradients() + begin, gradient.values.data(), gradient.values.size_bytes());
  }
  with_reduced([&]<class Value>(const Value* all) {
    launch(Cast{all + begin, gradients() + begin, &loss_scale()->inverse},
           static_cast<Index>(end - begin), updates_.get());
  });
  if (!scales_loss() || begin == 0) {
    update_work_[static_cast<std::size_t>(gradient.index)].queue(updates_, capturing_, [&] {
      if (scales_loss()) {
        update_scaled();
      } else {
        update_range(begin, end, nullptr);
      }
    });
  }
  updated_.record(updates_);
}

// With the last bucket of a step it is known whether a gradient has overflowed, here or, where the
// mean is that of several, elsewhere: then no weight changes.
void CudaReplica::update_scaled() {
  const auto all = static_cast<Index>(parameters_size());
  if (options_.averaging != Averaging::kNone) {
    launch(FindOverflow{gradients(), loss_scale()}, all, updates_.get());
  }
  update_range(0, parameters_size(), &loss_scale()->overflowed);
  launch(AdjustLossScale{loss_scale()}, 1, updates_.get());
}

void CudaReplica::update_range(std::size_t begin, std::size_t end, const int* skip) {
  const ParameterTable table{arena_.values<ParameterRange>(step_.update.ranges),
                             static_cast<Index>(offsets_.size() - 1)};
  const float* const trust =
      step_.trust_ratios ? step_.trust_ratios->queue(begin, end, updates_.get()) : nullptr;
  launch(UpdateWeight{begin, table, gradients(), parameters(), velocity(),
                      arena_.floats(step_.update.lr), static_cast<float>(options_.sgd.momentum),
                      momentum_of(options_.sgd.kind), trust, skip},
         static_cast<Index>(end - begin), updates_.get());
  pack_weights(begin, end);
}

void CudaReplica::pack_weights(std::size_t begin, std::size_t end) {
  for (const auto& op : step_.ops) {
    const bool touched = std::ranges::any_of(op->parameters(), [&](int parameter) {
      const auto index = static_cast<std::size_t>(parameter);
      return offsets_[index] < end && offsets_[index + 1] > begin;
    });
    if (touched) op->load({.stream = updates_.get()});
  }
}

void CudaReplica::load_parameters(const Weights& weights, std::size_t begin, std::size_t count) {
  use(options_.gpu);
  updates_.copy(parameters() + begin, weights.parameters().data() + begin, count * sizeof(float));
  pack_weights(begin, begin + count);
  updated_.record(updates_);
  updated_.synchronize();
}

void CudaReplica::load_buffers(const Weights& weights) {
  compute_.copy(arena_.bytes(step_.shared.statistics), weights.buffers().data(),
                weights.buffers().size_bytes());
  compute_.synchronize();
}

std::span<const float> CudaReplica::buffers() const {
  compute_.copy(statistics_.data(), arena_.bytes(step_.shared.statistics), bytes_of(statistics_));
  compute_.synchronize();
  return statistics_;
}

void CudaReplica::load_velocity(std::span<const float> values) {
  updates_.copy(velocity(), values.data(), values.size_bytes());
  updates_.synchronize();
}

void CudaReplica::read(std::span<float> to_parameters, std::span<float> to_velocity) {
  updates_.copy(to_parameters.data(), parameters(), to_parameters.size_bytes());
  updates_.copy(to_velocity.data(), velocity(), to_velocity.size_bytes());
  updates_.synchronize();
}

std::optional<LossScaling> CudaReplica::loss_scaling() {
  if (!scales_loss()) return std::nullopt;
  LossScale now;
  updates_.copy(&now, loss_scale(), sizeof(now));
  updates_.synchronize();
  return LossScaling{.scale = now.scale, .good_steps = now.good_steps};
}

void CudaReplica::load_loss_scaling(const LossScaling& scaling) {
  if (scales_loss()) set_loss_scaling(scaling);
}

void CudaReplica::set_loss_scaling(const LossScaling& scaling) {
  const LossScale begin{.scale = scaling.scale,
                        .inverse = 1 / scaling.scale,
                        .good_steps = static_cast<Index>(scaling.good_steps)};
  updates_.copy(loss_scale(), &begin, sizeof(begin));
  updates_.synchronize();
}

}  // namespace forebay::cuda
