#include <forebay/nodes/train/trainer.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <numeric>
#include <set>
#include <string>
#include <thread>

#include <support/error_of.hpp>
#include <support/process_threads.hpp>

namespace forebay {
namespace {

// One linear layer of 4 x 6 weights without a bias, made by hand: two buckets of 12.
Network small_network() {
  Network network;
  network.name = "small";
  network.classes = 4;
  Layer input;
  input.name = "input";
  input.output = {1, 1, 6};
  Layer linear;
  linear.name = "fc";
  linear.kind = LayerKind::kLinear;
  linear.inputs = {0};
  linear.output = {4, 1, 1};
  network.layers = {input, linear};
  network.parameters = {{"fc.weight", {4, 6}, ParameterRole::kWeight, 1}};
  network.buffers = {{"fc.running_mean", {3}, 0.0f, 1}};
  return network;
}

struct Spy {
  std::mutex mutex;
  std::vector<std::string> calls;  // "0:forward", "0:bucket 1", "0:load 12"
  void note(std::string call) {
    const std::lock_guard lock(mutex);
    calls.push_back(std::move(call));
  }
};

// The gradient of element i is the weight plus the mean of the shard's labels plus i.
class FakeReplica final : public Replica {
 public:
  FakeReplica(int index, std::size_t rows, Spy* spy) : index_(index), rows_(rows), spy_(spy) {
    for (int i = 0; i < 2; ++i) {
      const std::size_t begin = i == 0 ? 12 : 0;
      buckets_.push_back({i, begin, std::span(gradients_).subspan(begin, 12)});
    }
  }

  StepResult forward_backward(
      const Shard& shard, const std::function<void(const GradientBucket&)>& on_bucket) override {
    if (fail_at == step_) throw std::runtime_error("out of cheese");
    ++step_;
    called_on.insert(std::this_thread::get_id());
    spy_->note(std::to_string(index_) + ":forward");
    EXPECT_EQ(shard.rows, rows_);
    const float mean =
        static_cast<float>(std::accumulate(shard.labels.begin(), shard.labels.end(), 0)) /
        static_cast<float>(shard.rows);
    for (const GradientBucket& bucket : buckets_) {
      for (std::size_t i = 0; i < 12; ++i) {
        bucket.values[i] = weights_[bucket.begin + i] + mean + static_cast<float>(i);
      }
      on_bucket(bucket);
    }
    buffers_[0] += mean;
    return {.loss_sum = mean, .top1 = 1, .top5 = 2, .rows = shard.rows};
  }

  StepResult evaluate(const Shard& shard, std::span<float>) override {
    called_on.insert(std::this_thread::get_id());
    return {.loss_sum = 1, .top1 = shard.rows, .top5 = shard.rows, .rows = shard.rows};
  }
  void load_parameters(const Weights& weights, std::size_t begin, std::size_t count) override {
    spy_->note(std::to_string(index_) + ":load " + std::to_string(begin));
    std::copy_n(weights.parameters().begin() + static_cast<std::ptrdiff_t>(begin), count,
                weights_.begin() + static_cast<std::ptrdiff_t>(begin));
  }
  void load_buffers(const Weights& weights) override {
    std::copy(weights.buffers().begin(), weights.buffers().end(), buffers_.begin());
  }
  std::span<const float> buffers() const override { return buffers_; }
  std::span<const GradientBucket> buckets() const override { return buckets_; }
  std::size_t memory_bytes() const override { return 1000; }
  int threads() const override { return team; }

  int fail_at = -1;
  int team = 1;
  std::set<std::thread::id> called_on;  // since it was last cleared

 private:
  int index_;
  std::size_t rows_;
  Spy* spy_;
  int step_ = 0;
  std::vector<float> weights_ = std::vector<float>(24), gradients_ = std::vector<float>(24),
                     buffers_ = std::vector<float>(3);
  std::vector<GradientBucket> buckets_;
};

class TrainerTest : public testing::Test {
 protected:
  static constexpr std::size_t kBatch = 8;

  std::unique_ptr<Trainer> make(
      std::size_t replicas, std::function<bool()> stop = [] { return false; }) {
    std::vector<std::unique_ptr<Replica>> all;
    fakes_.clear();
    for (std::size_t i = 0; i < replicas; ++i) {
      auto fake = std::make_unique<FakeReplica>(static_cast<int>(i), kBatch / replicas, &spy_);
      fakes_.push_back(fake.get());
      all.push_back(std::move(fake));
    }
    TrainerOptions options;
    options.stop = std::move(stop);
    options.lr = [](std::int64_t step) { return 0.1 / static_cast<double>(1 + step); };
    auto trainer = std::make_unique<Trainer>(network_, std::move(all), kBatch / replicas, options);
    trainer->weights().initialise(1);
    trainer->restore(std::nullopt);
    return trainer;
  }

  // Runs `steps` batches; labels count up over all rows.
  std::vector<Step> run(Trainer& trainer, int steps, int threads = 3) {
    Graph graph("train", {.threads = threads});
    std::vector<Step> done;
    int next = 0;
    const auto source =
        graph.source("batches", NodeSettings{}, [&]() -> std::optional<BatchHandle> {
          if (next == steps) return std::nullopt;
          return batch(next++);
        });
    source >> trainer.train(graph) >>
        graph.sink("log", [&](const Step& step) { done.push_back(step); });
    graph.run();
    return done;
  }

  BatchHandle batch(int number) {
    BatchHandle batch = pool_.take();
    batch->filled = batch->rows;
    batch->next_position = static_cast<std::uint64_t>(number + 1) * kBatch;
    std::iota(batch->labels.begin(), batch->labels.end(), number);
    return batch;
  }

  Network network_ = small_network();
  BatchPool pool_{kBatch, {1, 1, 6}};
  Spy spy_;
  std::vector<FakeReplica*> fakes_;
};

std::vector<float> parameters_of(const Trainer& trainer) {
  return {trainer.weights().parameters().begin(), trainer.weights().parameters().end()};
}

TEST_F(TrainerTest, StepsComeInOrderWithTheirRateAndPosition) {
  const auto trainer = make(2);
  const std::vector<Step> steps = run(*trainer, 5);
  ASSERT_EQ(steps.size(), 5u);
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(steps[i].number, static_cast<std::int64_t>(i));
    EXPECT_DOUBLE_EQ(steps[i].lr, 0.1 / static_cast<double>(1 + i));
    EXPECT_EQ(steps[i].next_position, (i + 1) * kBatch);
    EXPECT_EQ(steps[i].result.rows, kBatch);
    EXPECT_EQ(steps[i].result.top1, 2u);
  }
  EXPECT_EQ(trainer->next_step(), 5);
  EXPECT_EQ(trainer->weights().batches_tracked, 5);
}

TEST_F(TrainerTest, RefusesBatchesInAFormatThatDevicesDoNotTake) {
  const auto trainer = make(1);
  pool_ = BatchPool(kBatch, {1, 1, 6}, {.layout = SampleLayout::kNchw});
  EXPECT_THROW(run(*trainer, 1), Error);
}

TEST_F(TrainerTest, OneReplicaAndFourGiveTheSameWeights) {
  const auto one = make(1);
  run(*one, 6);
  const auto four = make(4);
  run(*four, 6);
  for (std::size_t i = 0; i < 24; ++i) {
    EXPECT_NEAR(parameters_of(*one)[i], parameters_of(*four)[i], 1e-5);
  }
}

TEST_F(TrainerTest, TheWeightsHaveTheSameBitsWithAnyThreads) {
  const auto first = make(4);
  run(*first, 8, 1);
  for (int threads : {2, 3, 7}) {
    const auto again = make(4);
    run(*again, 8, threads);
    EXPECT_EQ(parameters_of(*first), parameters_of(*again)) << threads << " threads";
  }
}

TEST_F(TrainerTest, NoReplicaBeginsAStepBeforeEveryWeightIsNew) {
  const auto trainer = make(2);
  spy_.calls.clear();
  run(*trainer, 4, 4);
  int loads = 0, forwards = 0;
  for (const std::string& call : spy_.calls) {
    if (call.find("load") != std::string::npos) ++loads;
    if (call.find("forward") == std::string::npos) continue;
    // Before the forward passes of step s, 2 replicas have loaded 2 buckets s times.
    EXPECT_EQ(loads, forwards / 2 * 4) << call;
    ++forwards;
  }
  EXPECT_EQ(loads, 16);
  EXPECT_EQ(forwards, 8);
}

TEST_F(TrainerTest, StoppingEndsAtAWholeStepAndGoingOnGivesTheSameBits) {
  const auto whole = make(2);
  run(*whole, 6);

  int asked = 0;
  const auto parts = make(2, [&asked] { return ++asked == 3; });
  Graph graph("train", {.threads = 2});
  int next = 0;
  const auto source =
      graph.source("batches", NodeSettings{}, [&] { return std::optional(batch(next++)); });
  source >> parts->train(graph) >> graph.sink("log", [](const Step&) {});
  graph.run();
  EXPECT_TRUE(parts->stopped());
  ASSERT_EQ(parts->next_step(), 3);
  EXPECT_EQ(parts->last_step()->next_position, 3 * kBatch);

  Graph rest("train", {.threads = 2});
  int number = 3;
  const auto more = rest.source("batches", NodeSettings{}, [&]() -> std::optional<BatchHandle> {
    if (number == 6) return std::nullopt;
    return batch(number++);
  });
  more >> parts->train(rest) >> rest.sink("log", [](const Step&) {});
  rest.run();
  EXPECT_EQ(parameters_of(*whole), parameters_of(*parts));
}

TEST_F(TrainerTest, AFailingReplicaIsNamed) {
  const auto trainer = make(2);
  fakes_[1]->fail_at = 3;
  try {
    run(*trainer, 10);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "forward-backward[1]: item 3: out of cheese");
  }
  EXPECT_EQ(trainer->next_step(), 3);
}

TEST_F(TrainerTest, ValidationCountsTheRowsThatAreFilled) {
  const auto trainer = make(4);
  Graph graph("validate");
  int next = 0;
  StepResult total;
  const auto source = graph.source("batches", NodeSettings{}, [&]() -> std::optional<BatchHandle> {
    if (next == 3) return std::nullopt;
    BatchHandle one = batch(next);
    if (++next == 3) one->filled = 3;  // replica 0: 2 rows, 1: 1 row, 2 and 3: none
    return one;
  });
  source >> trainer->validate(graph) >>
      graph.sink("log", [&](const StepResult& result) { total += result; });
  graph.run();
  EXPECT_EQ(total.rows, 2 * kBatch + 3);
  EXPECT_EQ(total.top1, 2 * kBatch + 3);
}

TEST_F(TrainerTest, AReplicaWithATeamStaysOnOneThread) {
  const auto trainer = make(2);
  EXPECT_EQ(trainer->team_threads(), 0);
  fakes_[1]->team = 2;
  EXPECT_EQ(trainer->team_threads(), 2);
  Graph training("train", {.threads = 4});
  int next = 0;
  const auto batches = [&]() -> std::optional<BatchHandle> {
    return next < 20 ? std::optional(batch(next++)) : std::nullopt;
  };
  training.source("batches", NodeSettings{}, batches) >> trainer->train(training) >>
      training.sink("log", [](const Step&) {});
  const GraphSnapshot report = training.run();
  EXPECT_FALSE(report.node("forward-backward[0]").own_threads);
  EXPECT_TRUE(report.node("forward-backward[1]").own_threads);
  EXPECT_EQ(fakes_[1]->called_on.size(), 1u);

  fakes_[1]->called_on.clear();
  next = 0;
  Graph validation("validate", {.threads = 4});
  validation.source("batches", NodeSettings{}, batches) >> trainer->validate(validation) >>
      validation.sink("log", [](const StepResult&) {});
  EXPECT_TRUE(validation.run().node("evaluate[1]").own_threads);
  EXPECT_EQ(fakes_[1]->called_on.size(), 1u);
}

TEST(TrainerThreads, AreThePoolsAndOneTeamForEachReplica) {
  constexpr int kPool = 6, kTeam = 3;
  constexpr std::size_t kReplicas = 2, kRows = 3;
  const Network network = mlp({1, 8, 8}, 10);
  std::vector<std::unique_ptr<Replica>> replicas;
  for (std::size_t i = 0; i < kReplicas; ++i) {
    replicas.push_back(make_cpu_replica(network, {.rows = kRows, .threads = kTeam}));
  }
  Trainer trainer(network, std::move(replicas), kRows, {});
  trainer.weights().initialise(1);
  trainer.restore(std::nullopt);
  EXPECT_EQ(trainer.team_threads(), 2 * kTeam);

  BatchPool pool(kReplicas * kRows, {1, 8, 8});
  const BatchHandle batch = pool.take();
  batch->filled = batch->rows;
  Graph graph("train", {.threads = kPool});
  const int before = test::process_threads();  // this one is the pool's first
  int most = 0;
  graph.source(
      "batches", NodeSettings{},
      [&, left = 30]() mutable { return left-- > 0 ? std::optional(batch) : std::nullopt; }) >>
      trainer.train(graph) >>
      graph.sink("log", [&](const Step&) { most = std::max(most, test::process_threads()); });
  graph.run();
  constexpr int kWatchdog = 1, kInspection = 1;  // the latter once a process
  EXPECT_LE(most, before + kPool - 1 + kWatchdog + kInspection + trainer.team_threads());
  EXPECT_GE(most, before + kWatchdog + trainer.team_threads());
}

TEST_F(TrainerTest, RunningStatisticsBecomeTheMeanOfTheReplicas) {
  const auto trainer = make(2);
  run(*trainer, 1);  // labels 0..7: means 1.5 and 5.5
  EXPECT_EQ(trainer->replica_buffers()[0][0], 1.5f);
  EXPECT_EQ(trainer->replica_buffers()[1][0], 5.5f);
  trainer->collect();
  EXPECT_EQ(trainer->weights().buffers()[0], 3.5f);
  EXPECT_EQ(trainer->replica_buffers()[0][0], 1.5f);
  trainer->share_buffers();
  EXPECT_EQ(trainer->replica_buffers()[0][0], 3.5f);
  EXPECT_EQ(trainer->replica_buffers()[1][0], 3.5f);
}

TEST(HostMean, RoundsToBfloat16WhatSeveralSendAndNotWhatOneKeeps) {
  std::vector<float> first{1 + 0x1p-9F, 3}, second{2, 4 + 0x1p-7F};
  std::vector<GradientBucket> parts(2);
  parts[0].values = first;
  parts[1].values = second;
  HostMean mean(Precision::kBfloat16);
  mean.mean(std::span(parts).first(1));
  EXPECT_EQ(first, (std::vector<float>{1 + 0x1p-9F, 3}));
  mean.mean(parts);
  EXPECT_EQ(first, (std::vector<float>{1.5F, 3.5F}));
  EXPECT_EQ(second, (std::vector<float>{2, 4 + 0x1p-7F}));
}

// Else each replica would go on with its own gradients.
TEST(HostMean, RefusesGradientsThatStayedOnTheirDevices) {
  std::vector<GradientBucket> parts(2);
  parts[0].index = parts[1].index = 3;
  EXPECT_EQ(test::error_of([&] { HostMean().mean(parts); }),
            "bucket 3 is not in the host's memory, where its mean is to be made: its replica was "
            "made for another mean; that is an error of this program, please report it");
  EXPECT_EQ(HostMean().mean(std::span(parts).first(1)).index, 3);
}

}  // namespace
}  // namespace forebay
