// Makes plants: rows of stages and lock steps, one of whose parts is the slowest on purpose.

#include <algorithm>
#include <cmath>
#include <random>

#include "plant.hpp"

namespace forebay::bench {
namespace {

/// Makes one plant. Rates are samples per second.
class Planter {
 public:
  Planter(std::uint64_t seed, const Ground& ground) : dice_(seed * 7919 + 1), ground_(ground) {
    plant_.cores = static_cast<double>(pick(ground.fewest_cores, ground.most_cores));
  }

  Plant make() {
    plant_.rate = rate_ = uniform(150, 400);
    using Plan = void (Planter::*)();
    static constexpr Plan kPlans[] = {
        &Planter::workers,   &Planter::workers,    &Planter::reading,
        &Planter::serial,    &Planter::cores,      &Planter::devices,
        &Planter::lock_step, &Planter::straggler,  &Planter::before_devices,
        &Planter::queue,     &Planter::all_reduce, &Planter::update,
        &Planter::balanced,  &Planter::memory,     &Planter::computing_workers};
    (this->*kPlans[pick(0, std::size(kPlans) - 1)])();
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

  // --- service times ---

  // Of batches there are fewer, so fewer values.
  std::vector<double> around_one(double noise, bool single = false) {
    std::vector<double> values(single ? ground_.values : ground_.values / 4);
    std::normal_distribution<double> normal(1, noise);
    for (double& value : values) value = std::max(0.3, normal(dice_));
    return values;
  }

  /// The slowest `share` of the items takes `least` to `most` times as long.
  void add_tail(std::vector<double>& values, double share, double least, double most) {
    const auto count = static_cast<std::size_t>(share * static_cast<double>(values.size()));
    for (std::size_t i = 0; i < count; ++i) values[i] *= uniform(least, most);
  }

  /// Noise of 0 to 30 %; for single samples sometimes a heavy tail.
  Times times(double mean_ms, bool single) {
    std::vector<double> values = around_one(uniform(0, 0.3), single);
    tailed_ = single && chance(0.25);
    if (tailed_) add_tail(values, 0.05, 5, 10);
    return Times(std::move(values), mean_ms, dice_());
  }

  // --- a row ---

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

  void batch(std::size_t size, double ms = 0) {
    tailed_ = false;
    Stage stage{.name = "batch", .what = What::kBatch, .batch = size};
    if (ms > 0) stage.times = times(ms, false);
    add(std::move(stage));
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

  void serial() {
    plant_.plan = "serial";
    source(rate_ * slack());
    work("work1", rate_ * slack());
    batch(std::size_t{1} << pick(1, 4), 1e3 / rate_);
    work("work2", rate_ * slack(), What::kEnd);
    plant_.truth = {Limit::kSerial, "batch"};
  }

  // --- graphs that compute ---

  /// One more stage on the pool, of which `ms` milliseconds per sample compute.
  void compute(const std::string& name, double ms, std::size_t workers) {
    Stage stage{.name = name, .computes = true, .concurrency = workers};
    stage.times = times(ms, true);
    add(std::move(stage));
  }

  void alone() {
    plant_.computes = true;
    plant_.samples = 384;
    plant_.warm_up = 64;
  }

  void computing_row(double all_ms) {
    alone();
    const std::size_t count = pick(1, 3);
    double left = all_ms;
    for (std::size_t i = 1; i <= count; ++i) {
      const double ms = i == count ? left : left * uniform(0.2, 0.8);
      left -= ms;
      // At least as many as there are cores, else a node may bind before they do.
      compute("work" + std::to_string(i), ms, static_cast<std::size_t>(plant_.cores) + pick(0, 6));
    }
  }

  void cores() {
    plant_.plan = "cores";
    source(rate_ * slack());
    computing_row(plant_.cores * 1e3 / rate_);
    work("end", rate_ * slack(), What::kEnd);
    plant_.truth = {Limit::kCores, ""};
  }

  // Fewer workers than cores, in a node that takes more time than its share; a tenth of them idle.
  void computing_workers() {
    plant_.plan = "computing workers";
    alone();
    const auto workers =
        pick(1, std::max<std::size_t>(1, static_cast<std::size_t>(0.75 * plant_.cores)));
    source(rate_ * slack() * 1.3);
    compute("work1", static_cast<double>(workers) * 1e3 / rate_, workers);
    const double idle = (plant_.cores - static_cast<double>(workers)) * 1e3 / rate_;
    compute("work2", idle * uniform(0.1, 0.6), static_cast<std::size_t>(plant_.cores));
    work("end", rate_ * slack() * 1.3, What::kEnd);
    plant_.truth = {Limit::kConcurrency, "work1"};
  }

  // --- graphs with devices ---

  /// How much longer than their mean the slowest of `devices` takes in a step.
  double wait_for_slowest(const std::vector<std::vector<double>>& devices) {
    double sum = 0;
    for (std::size_t step = 0; step < ground_.values; ++step) {
      double slowest = 0;
      for (const auto& values : devices) {
        slowest = std::max(slowest, values[pick(0, values.size() - 1)]);
      }
      sum += slowest;
    }
    return sum / static_cast<double>(ground_.values);
  }

  /// A lock step of `rate` samples per second, of which all-reduce and update take those shares.
  void steps(std::size_t count, double rate, double noise, double all_reduce, double update) {
    const double step = static_cast<double>(plant_.per_end()) / rate * 1e3;
    std::vector<std::vector<double>> devices;
    for (std::size_t i = 0; i < count; ++i) devices.push_back(around_one(noise));
    const double mean = step * (1 - all_reduce - update) / wait_for_slowest(devices);
    for (auto& values : devices) {
      plant_.devices.times.emplace_back(std::move(values), mean, dice_());
    }
    plant_.devices.all_reduce = Times({1.0}, step * all_reduce, 0);
    plant_.devices.update = Times({1.0}, step * update, 0);
  }
  std::size_t some_devices() { return pick(1, ground_.most_devices); }

  /// read -> decode -> batch, of at least those rates.
  void feed(double read, double decode) {
    source(read);
    work("decode", decode);
    batch(std::size_t{4} << pick(0, 2));
  }

  void before_devices() {
    plant_.plan = "workers before devices";
    feed(rate_ * slack(), rate_);
    steps(some_devices(), rate_ * 1.1 * slack(), 0.03, uniform(0.02, 0.2), uniform(0.01, 0.1));
    plant_.truth = {Limit::kConcurrency, "decode"};
  }

  void devices() {
    plant_.plan = "devices";
    feed(rate_ * slack(), rate_ * slack());
    steps(some_devices(), rate_, 0.01, uniform(0.01, 0.06), uniform(0, 0.02));
    plant_.truth = {Limit::kDevice, ""};
  }

  void lock_step() {
    plant_.plan = "lock step";
    feed(rate_ * slack(), rate_ * slack());
    steps(pick(2, ground_.most_devices), rate_, uniform(0, 0.2), uniform(0.12, 0.25),
          uniform(0.12, 0.25));
    plant_.truth = {Limit::kLockStep, ""};
  }

  void straggler() {
    plant_.plan = "straggler";
    feed(rate_ * slack() * 1.1, rate_ * slack() * 1.1);
    steps(pick(2, ground_.most_devices), rate_, 0.02, uniform(0.01, 0.04), uniform(0, 0.02));
    const std::size_t slow = pick(0, plant_.devices.times.size() - 1);
    const double slower = uniform(1.1, 1.5);
    for (std::size_t i = 0; i < plant_.devices.times.size(); ++i) {
      if (i != slow) plant_.devices.times[i].scale(1 / slower);
    }
    plant_.straggler = "device[" + std::to_string(slow) + "]";
    plant_.truth = {Limit::kDevice, plant_.straggler};
  }

  void all_reduce() {
    plant_.plan = "all-reduce";
    feed(rate_ * slack(), rate_ * slack());
    steps(some_devices(), rate_, 0.03, uniform(0.6, 0.9), 0);
    plant_.truth = {Limit::kAllReduce, "all-reduce"};
  }

  void update() {
    plant_.plan = "update";
    feed(rate_ * slack(), rate_ * slack());
    steps(some_devices(), rate_, 0.03, 0.05, uniform(0.55, 0.85));
    plant_.truth = {Limit::kSerial, "update"};
  }

  // --- queues ---

  /// read -> work1, some of whose items take much longer than the others. Its workers.
  std::size_t uneven_work() {
    source(rate_ * 3);
    Stage stage{.name = "work1", .concurrency = pick(4, 12), .queue = 32};
    std::vector<double> values(ground_.values, 1.0);
    add_tail(values, 0.05, 8, 20);
    stage.times =
        Times(std::move(values), static_cast<double>(stage.concurrency) / rate_ * 1e3, dice_());
    add(stage);
    return stage.concurrency;
  }

  // Slow items hold a queue that is hardly longer than there are workers.
  void queue() {
    plant_.plan = "queue";
    plant_.by_trial = true;
    const std::size_t workers = uneven_work();
    work("work2", rate_ * 3, What::kEnd);
    plant_.stages.back().queue = workers + pick(0, 2);
    plant_.truth = {Limit::kQueue, "work2"};
  }

  // A batch takes its items in order; those that are ahead of a slow one have no room.
  void memory() {
    plant_.plan = "memory";
    plant_.by_trial = true;
    const std::size_t workers = uneven_work();
    batch(std::size_t{2} << pick(0, 2));
    Stage& full = plant_.stages.back();
    full.queue = 64 * workers;
    full.queue_bytes = (workers + pick(0, 4)) * kItemBytes;
    work("work2", rate_ * 3, What::kEnd);
    plant_.truth = {Limit::kMemory, "batch"};
  }

  // --- balanced ---

  // All within 2 %, and among them something that cannot be set.
  void balanced() {
    plant_.plan = "balanced";
    plant_.balanced = true;
    const auto near = [&] { return rate_ * uniform(1, 1.02); };
    const double kind = uniform(0, 1);
    if (kind < 0.3) {
      feed(near(), near());
      steps(some_devices(), near(), 0.03, 0.05, 0.05);
    } else if (kind < 0.5) {
      source(near());
      computing_row(plant_.cores * 1e3 / rate_);
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
  const Ground& ground_;
  double rate_ = 0;
  bool tailed_ = false;  // the times drawn last have a heavy tail
  std::size_t next_queue_ = 16;
  Plant plant_;
};

}  // namespace

Plant plant(std::uint64_t seed, const Ground& ground) { return Planter(seed, ground).make(); }

}  // namespace forebay::bench
