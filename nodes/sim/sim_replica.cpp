#include <forebay/nodes/sim/sim_replica.hpp>

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <limits>
#include <thread>
#include <utility>

#include <forebay/graph/error.hpp>
#include <forebay/nodes/sim/sim_step.hpp>

namespace forebay {
namespace {

constexpr double kBackToBack = 0.01;  // of a step

/// What the devices of one run have in common; only the all-reduce writes to the gradients.
struct Shared {
  SimStep step;
  std::vector<float> gradients;
  std::vector<float> buffers;
  SimTime time;
};

class SimReplica final : public Replica {
 public:
  SimReplica(const Network& network, const ReplicaOptions& options, const SimProfile& profile,
             std::shared_ptr<Shared> shared)
      : profile_(profile),
        rows_(options.rows),
        guess_(std::log(network.classes)),
        shared_(std::move(shared)) {
    for (const SimStep::Bucket& planned : shared_->step.buckets) {
      buckets_.push_back(planned.bucket);
    }
  }

  StepResult forward_backward(
      const Shard& shard, const std::function<void(const GradientBucket&)>& on_bucket) override {
    if (shard.rows != rows_) refuse(shard.rows, "train", "as many");
    const double begin = begin_work(shared_->step.seconds);
    for (const SimStep::Bucket& planned : shared_->step.buckets) {
      shared_->time.sleep_until(begin + planned.at);
      GradientBucket bucket = planned.bucket;
      bucket.values = std::span(shared_->gradients).subspan(bucket.begin, planned.count);
      on_bucket(bucket);
    }
    return guessed(shard.rows);
  }

  StepResult evaluate(const Shard& shard, std::span<float> logits) override {
    if (shard.rows > rows_) refuse(shard.rows, "evaluate", "no more");
    std::fill(logits.begin(), logits.end(), 0.0F);
    const double seconds = step_seconds(profile_, shard.rows) / 3;
    shared_->time.sleep_until(begin_work(seconds) + seconds);
    return guessed(shard.rows);
  }

  void load_parameters(const Weights&, std::size_t, std::size_t) override {}
  void load_buffers(const Weights&) override {}
  std::span<const float> buffers() const override { return shared_->buffers; }
  std::span<const GradientBucket> buckets() const override { return buckets_; }
  std::size_t memory_bytes() const override {
    return static_cast<std::size_t>(bytes_for_rows(profile_, rows_));
  }
  bool waits() const override { return true; }

 private:
  // When the device begins to work for `seconds`.
  double begin_work(double seconds) {
    const double now = shared_->time.now();
    const double begin = now - free_at_ > kBackToBack * seconds ? now : free_at_;
    free_at_ = begin + seconds;
    return begin;
  }

  StepResult guessed(std::size_t rows) const {
    return {.loss_sum = guess_ * static_cast<double>(rows), .rows = rows};
  }

  [[noreturn]] void refuse(std::size_t rows, const char* what, const char* give) const {
    throw Error(fmt::format("{}: cannot {} {} rows: the simulated {} was made for {}; give {}",
                            profile_.network.name, what, rows, profile_.name, rows_, give));
  }

  SimProfile profile_;
  std::size_t rows_;
  double guess_;  // loss of one row
  std::shared_ptr<Shared> shared_;
  std::vector<GradientBucket> buckets_;
  double free_at_ = -std::numeric_limits<double>::infinity();
};

void check_memory(const SimProfile& profile, std::size_t rows) {
  const std::size_t most = most_rows(profile);
  if (rows >= 1 && rows <= most) return;
  constexpr double kGiB = 1 << 30;
  throw Error(fmt::format(
      "{}: {:.1f} GiB hold at most {} rows of {}, not {}, which need {:.1f} GiB; give fewer rows "
      "to each device",
      profile.name, profile.device_bytes / kGiB, most, profile.network.name, rows,
      bytes_for_rows(profile, rows) / kGiB));
}

}  // namespace

SimTime steady_time() {
  using Clock = std::chrono::steady_clock;
  return {[] { return std::chrono::duration<double>(Clock::now().time_since_epoch()).count(); },
          [](double time) {
            const auto since = std::chrono::duration<double>(time);
            std::this_thread::sleep_until(
                Clock::time_point(std::chrono::duration_cast<Clock::duration>(since)));
          }};
}

std::vector<std::unique_ptr<Replica>> make_sim_replicas(const Network& network,
                                                        const ReplicaOptions& options,
                                                        const SimProfile& profile,
                                                        std::size_t count, SimTime time) {
  check_memory(profile, options.rows);
  const Weights weights(network);
  auto shared = std::make_shared<Shared>();
  shared->step = plan_sim_step(network, options, profile, count);
  shared->gradients.resize(weights.parameters().size());
  shared->buffers.assign(weights.buffers().begin(), weights.buffers().end());
  shared->time = std::move(time);
  std::vector<std::unique_ptr<Replica>> replicas;
  for (std::size_t i = 0; i < count; ++i) {
    replicas.push_back(std::make_unique<SimReplica>(network, options, profile, shared));
  }
  return replicas;
}

}  // namespace forebay
