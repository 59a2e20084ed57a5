#include "plant.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>
#include <random>

#include <forebay/graph/simulate/service_times.hpp>

namespace forebay::bench {

Times::Times(std::vector<double> values, double mean, std::uint64_t key)
    : values_(std::move(values)), mean_(mean), key_(key) {
  const double sum = std::accumulate(values_.begin(), values_.end(), 0.0);
  for (double& value : values_) value *= mean * static_cast<double>(values_.size()) / sum;
}

double Times::of(std::uint64_t item) const {
  if (values_.empty()) return 0;
  return values_[shuffled(item, key_, std::countr_zero(values_.size()))];
}

void Times::scale(double factor) {
  for (double& value : values_) value *= factor;
  mean_ *= factor;
}

Machine Plant::machine() const {
  Machine machine;
  for (std::size_t i = 0; i < devices.times.size(); ++i) {
    machine.devices.push_back("device[" + std::to_string(i) + "]");
  }
  machine.all_reduce = {"all-reduce"};
  return machine;
}

std::size_t Plant::per_end() const {
  std::size_t product = 1;
  for (const Stage& stage : stages) product *= stage.batch;
  return product;
}

namespace {

/// Makes one plant. Rates are samples per second.
class Planter {
 public:
  Planter(std::uint64_t seed, int cores) : dice_(seed * 7919 + 1), cores_(cores) {}

  Plant make() {
    rate_ = uniform(150, 400);
    const double plan = uniform(0, 1);
    if (plan < 0.34) {
      workers();
    } else if (plan < 0.44) {
      reading();
    } else if (plan < 0.54) {
      cores();
    } else if (plan < 0.60) {
      computing_workers();
    } else if (plan < 0.74) {
      devices();
    } else if (plan < 0.78) {
      all_reduce();
    } else if (plan < 0.84) {
      queue();
    } else {
      balanced();
    }
    return std::move(plant_);
  }

 private:
  double uniform(double low, double high) {
    return std::uniform_real_distribution<double>(low, high)(dice_);
  }
  std::size_t pick(std::size_t low, std::size_t high) {
    return std::uniform_int_distribution<std::size_t>(low, high)(dice_);
  }
  bool chance(double probability) { return uniform(0, 1) < probability; }
  /// How much faster than the limit something is that does not bind.
  double slack() { return 1.1 + 1.4 * std::pow(uniform(0, 1), 2); }

  /// Noise of 0 to 30 %; for single samples sometimes a heavy tail.
  Times times(double mean_ms, bool single) {
    const double noise = uniform(0, 0.3);
    const bool tail = single && chance(0.25);
    std::vector<double> values(single ? 64 : 16);
    std::normal_distribution<double> normal(1, noise);
    for (double& value : values) value = std::max(0.3, normal(dice_));
    for (std::size_t i = 0; tail && i < 3; ++i) values[i] *= uniform(5, 10);
    tailed_ = tail;
    return Times(std::move(values), mean_ms, dice_());
  }

  std::size_t some_workers() {
    return static_cast<std::size_t>(std::exp(uniform(0, std::log(chance(0.1) ? 64.9 : 16.9))));
  }

  /// The queue that a node with so many workers feeds: it must not be what binds.
  std::size_t room(const Stage& before) const {
    return std::max<std::size_t>(16, before.concurrency * (tailed_ ? 16 : 4));
  }

  void add(Stage stage) {
    if (!plant_.stages.empty()) stage.queue = std::max(stage.queue, next_queue_);
    next_queue_ = room(stage);
    plant_.stages.push_back(std::move(stage));
  }

  void source(double rate) {
    Stage stage{.name = "read", .what = What::kSource};
    stage.times = times(1e3 / rate, true);
    tailed_ = false;
    add(std::move(stage));
  }

  /// A stage that gives `rate` samples per second, by sleeping.
  void work(const std::string& name, double rate, What what = What::kWork) {
    Stage stage{.name = name, .what = what, .concurrency = some_workers()};
    const double samples = static_cast<double>(plant_.per_end());
    constexpr double kShortest = 3;  // ms; shorter sleeps are not accurate
    while (static_cast<double>(stage.concurrency) * samples / rate * 1e3 < kShortest) {
      ++stage.concurrency;
    }
    stage.times =
        times(static_cast<double>(stage.concurrency) * samples / rate * 1e3, samples == 1);
    add(std::move(stage));
  }

  void batch(std::size_t size) {
    tailed_ = false;
    add({.name = "batch", .what = What::kBatch, .batch = size});
    plant_.stages.back().queue = std::max(plant_.stages.back().queue, 2 * size);
  }

  /// A row in which stage `limit` of `count` gives `rate_`, the others more. 0 is the source.
  void row(std::size_t count, std::size_t limit) {
    const std::size_t batch_before = chance(0.4) ? pick(1, count) : count + 1;
    for (std::size_t i = 0; i <= count; ++i) {
      const double rate = i == limit ? rate_ : rate_ * slack();
      if (i == batch_before) batch(std::size_t{1} << pick(1, 4));
      if (i == 0) {
        source(rate);
      } else {
        work("work" + std::to_string(i), rate, i == count ? What::kEnd : What::kWork);
      }
    }
  }

  void workers() {
    plant_.plan = "workers";
    const std::size_t count = pick(2, 6), limit = pick(1, count);
    row(count, limit);
    plant_.truth = {Limit::kConcurrency, "work" + std::to_string(limit)};
  }

  void reading() {
    plant_.plan = "reading";
    row(pick(2, 6), 0);
    plant_.truth = {Limit::kReading, "read"};
  }

  // --- graphs that compute ---

  /// One more stage on the pool, of which `ms` milliseconds per sample compute.
  void compute(const std::string& name, double ms, std::size_t workers) {
    Stage stage{.name = name, .computes = true, .concurrency = workers};
    stage.times = times(ms, true);
    add(std::move(stage));
  }

  void computing_row(double all_ms) {
    plant_.computes = true;
    plant_.samples = 384;
    plant_.warm_up = 64;
    const std::size_t count = pick(1, 3);
    double left = all_ms;
    for (std::size_t i = 1; i <= count; ++i) {
      const double ms = i == count ? left : left * uniform(0.2, 0.8);
      left -= ms;
      // At least as many as there are cores, else a node may bind before they do.
      compute("work" + std::to_string(i), ms, static_cast<std::size_t>(cores_) + pick(0, 6));
    }
  }

  void cores() {
    plant_.plan = "cores";
    source(rate_ * slack());
    computing_row(cores_ * 1e3 / rate_);
    work("end", rate_ * slack(), What::kEnd);
    plant_.truth = {Limit::kCores, ""};
  }

  // Fewer workers than cores, in a node that takes more time than its share.
  void computing_workers() {
    plant_.plan = "computing workers";
    plant_.computes = true;
    plant_.samples = 384;
    plant_.warm_up = 64;
    const auto workers = pick(1, static_cast<std::size_t>(cores_) - 1);
    source(rate_ * slack() * 1.3);
    compute("work1", static_cast<double>(workers) * 1e3 / rate_, workers);
    const double idle = (cores_ - static_cast<double>(workers)) * 1e3 / rate_;
    compute("work2", idle * uniform(0.1, 0.6), static_cast<std::size_t>(cores_));
    work("end", rate_ * slack() * 1.3, What::kEnd);
    plant_.truth = {Limit::kConcurrency, "work1"};
  }

  // --- graphs with devices ---

  /// A lock step of `rate` samples per second, of which all-reduce takes `share`.
  void lock_step(double rate, double share) {
    const double step = static_cast<double>(plant_.per_end()) / rate * 1e3;
    const std::size_t count = pick(1, 4);
    for (std::size_t i = 0; i < count; ++i) {
      std::vector<double> values(16);
      std::normal_distribution<double> normal(1, 0.03);
      for (double& value : values) value = normal(dice_);
      plant_.devices.times.emplace_back(std::move(values), step * (1 - share), dice_());
    }
    plant_.devices.all_reduce = Times({1.0}, step * share, 0);
  }

  /// read -> decode -> batch, of at least `rates` samples per second.
  void feed(double read, double decode) {
    source(read);
    work("decode", decode);
    batch(std::size_t{4} << pick(0, 2));
  }

  void devices() {
    if (chance(0.4)) {
      plant_.plan = "workers before devices";
      feed(rate_ * slack(), rate_);
      lock_step(rate_ * 1.1 * slack(), uniform(0.02, 0.3));
      plant_.truth = {Limit::kConcurrency, "decode"};
    } else {
      plant_.plan = "devices";
      feed(rate_ * slack(), rate_ * slack());
      lock_step(rate_, uniform(0.02, 0.3));
      plant_.truth = {Limit::kDevice, ""};
    }
  }

  void all_reduce() {
    plant_.plan = "all-reduce";
    feed(rate_ * slack(), rate_ * slack());
    lock_step(rate_, uniform(0.6, 0.9));
    plant_.truth = {Limit::kAllReduce, "all-reduce"};
  }

  // --- queues ---

  // A heavy tail before a queue that is hardly longer than its workers.
  void queue() {
    plant_.plan = "queue";
    plant_.by_trial = true;
    source(rate_ * 3);
    Stage stage{.name = "work1", .concurrency = pick(4, 12), .queue = 32};
    std::vector<double> values(64, 1.0);
    for (std::size_t i = 0; i < 3; ++i) values[i] = uniform(8, 20);
    stage.times =
        Times(std::move(values), static_cast<double>(stage.concurrency) / rate_ * 1e3, dice_());
    const std::size_t workers = stage.concurrency;
    add(std::move(stage));
    next_queue_ = workers;
    work("work2", rate_ * 3, What::kEnd);
    plant_.stages.back().queue = workers + pick(0, 2);
  }

  // --- balanced ---

  // All within 2 %, and among them something that cannot be set.
  void balanced() {
    plant_.plan = "balanced";
    plant_.balanced = true;
    const auto near = [&] { return rate_ * uniform(1, 1.02); };
    if (chance(0.3)) {
      feed(near(), near());
      lock_step(near(), 0.1);
    } else if (chance(0.3)) {
      source(near());
      computing_row(cores_ * 1e3 / rate_);
      work("end", near(), What::kEnd);
    } else {
      source(near());
      const std::size_t count = pick(2, 4);
      for (std::size_t i = 1; i <= count; ++i) {
        work("work" + std::to_string(i), near(), i == count ? What::kEnd : What::kWork);
      }
    }
    for (Stage& stage : plant_.stages) stage.queue *= 2;
  }

  std::mt19937_64 dice_;
  int cores_;
  double rate_ = 0;
  bool tailed_ = false;  // the times drawn last have a heavy tail
  std::size_t next_queue_ = 16;
  Plant plant_;
};

}  // namespace

Plant plant(std::uint64_t seed, int cores) { return Planter(seed, cores).make(); }

}  // namespace forebay::bench
