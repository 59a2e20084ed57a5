// The tuner beside an exhaustive sweep of decode and augment concurrency, on the real graph.
//
//     bench_tune TRAIN.rec [PROFILE DEVICES BATCH]
//
// Without a profile images are read, decoded, augmented and batched, as --test-io 1 does; with one,
// simulated devices train ResNet-50 on them. Each setting of the sweep runs for two seconds; the
// tuner begins with 1 and with 64 threads. What it ends with and the best of the sweep then run in
// turns, for the ratio.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include <forebay/graph/inspect/host.hpp>
#include <forebay/graph/tune/live_tuner.hpp>
#include <forebay/nodes/batch/image_path.hpp>
#include <forebay/nodes/network/network.hpp>
#include <forebay/nodes/read/reader.hpp>
#include <forebay/nodes/sim/sim_replica.hpp>
#include <forebay/nodes/train/trainer.hpp>

namespace {

using namespace forebay;

constexpr double kWarmUp = 0.7, kMeasured = 1.5;  // seconds
constexpr double kLongestTuning = 40;
constexpr int kTurns = 5;

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

struct Setting {
  std::size_t decode = 1, augment = 1;
};

/// Measures when batches come to the end of the graph.
class Pace {
 public:
  explicit Pace(double begin) : begin_(begin) {}
  void batch_done() {
    const double time = now();
    if (time - begin_ < kWarmUp) return;
    if (first_ == 0) first_ = time;
    last_ = time;
    ++batches_;
  }
  bool enough() const { return first_ > 0 && last_ - first_ >= kMeasured && batches_ > 3; }
  double batches_per_second() const { return static_cast<double>(batches_ - 1) / (last_ - first_); }

 private:
  double begin_, first_ = 0, last_ = 0;
  std::size_t batches_ = 0;
};

class Bench {
 public:
  Bench(const std::string& data, const std::string& profile, std::size_t devices, std::size_t batch)
      : reader_({.data = data, .shuffle = true, .seed = 1}),
        network_(resnet(50, ImageShape{3, 224, 224}, 1000)),
        batches_(batch, ImageShape{3, 224, 224}),
        batch_(batch) {
    machine_.cores = usable_cpus();
    if (profile.empty()) return;
    const std::size_t rows = batch / devices;
    const SimProfile scaled = scaled_to(find_sim_profile(profile), network_);
    trainer_ = std::make_unique<Trainer>(
        network_, make_sim_replicas(network_, {.rows = rows}, scaled, devices), rows,
        TrainerOptions());
    for (std::size_t i = 0; i < devices; ++i) {
      machine_.devices.push_back("forward-backward[" + std::to_string(i) + "]");
    }
    machine_.all_reduce = {"all-reduce"};
  }

  /// Images per second with a setting that stays.
  double speed(const Setting& setting) {
    Pace pace(now());
    run(setting, nullptr, [&] {
      pace.batch_done();
      return pace.enough();
    });
    return pace.batches_per_second() * static_cast<double>(batch_);
  }

  struct Tuned {
    Setting setting;
    TuneReport report;
  };
  Tuned tune(const Setting& start) {
    const double begin = now();
    LiveTuner tuner({.machine = machine_, .nodes = {"decode", "slot", "augment", "batch"}},
                    [begin](const std::string& line) {
                      std::printf("%6.1f s %s\n", now() - begin, line.c_str());
                    });
    const Setting end = run(
        start, &tuner, [&] { return tuner.report().settled || now() - begin > kLongestTuning; });
    return {end, tuner.report()};
  }

 private:
  // Until `stop`, which is asked after each batch. The concurrency at the end.
  Setting run(const Setting& setting, LiveTuner* tuner, const std::function<bool()>& stop) {
    reader_.seek(0, RecordReader::kForever);
    ImagePathOptions path;
    path.augment = imagenet_train();
    path.decode_concurrency = setting.decode;
    path.augment_concurrency = setting.augment;
    Graph graph("bench");
    const auto done = [&] {
      if (stop()) graph.cancel();
    };
    const auto read = graph.source("read", [&] { return reader_(); });
    const auto batches = read >> image_path(graph, path, batches_, images_);
    const NodeSettings last{.queue = 2, .fixed = true};
    if (trainer_) {
      batches >> trainer_->train(graph) >> graph.sink("count", last, [&](const Step&) { done(); });
    } else {
      batches >> graph.sink("count", last, [&](const BatchHandle&) { done(); });
    }
    {
      const Tuning tuning(tuner, graph);
      graph.run();
    }
    return {graph.settings("decode").concurrency, graph.settings("augment").concurrency};
  }

  RecordReader reader_;
  Network network_;
  BatchPool batches_;
  ImagePool images_;
  std::size_t batch_;
  Machine machine_;
  std::unique_ptr<Trainer> trainer_;
};

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

Setting sweep(Bench& bench) {
  Setting best;
  double most = 0;
  std::printf("decode augment  images/s\n");
  for (const std::size_t decode : {1, 2, 3, 4, 8, 64}) {
    for (const std::size_t augment : {1, 2, 4, 32}) {
      const Setting setting{decode, augment};
      const double speed = bench.speed(setting);
      std::printf("%6zu %7zu %9.0f\n", decode, augment, speed);
      std::fflush(stdout);
      if (speed > most) most = speed, best = setting;
    }
  }
  std::printf("best: %zu, %zu\n", best.decode, best.augment);
  return best;
}

int run(const std::vector<std::string>& arguments) {
  const bool devices = arguments.size() == 4;
  const std::size_t batch = devices ? std::stoul(arguments[3]) : 128;
  Bench bench(arguments[0], devices ? arguments[1] : "", devices ? std::stoul(arguments[2]) : 0,
              batch);
  std::vector<Setting> settings{sweep(bench)};
  std::vector<std::string> names{"best of the sweep"};
  for (const Setting& start : {Setting{1, 1}, Setting{64, 32}}) {
    std::printf("tuning from %zu, %zu\n", start.decode, start.augment);
    const Bench::Tuned tuned = bench.tune(start);
    settings.push_back(tuned.setting);
    names.push_back("tuned from " + std::to_string(start.decode));
  }
  std::vector<std::vector<double>> speeds(settings.size());
  for (int turn = 0; turn < kTurns; ++turn) {
    for (std::size_t i = 0; i < settings.size(); ++i) speeds[i].push_back(bench.speed(settings[i]));
  }
  for (std::size_t i = 0; i < settings.size(); ++i) {
    std::printf("%-18s decode %2zu, augment %2zu: %6.0f images/s, ratio %.3f\n", names[i].c_str(),
                settings[i].decode, settings[i].augment, median(speeds[i]),
                median(speeds[i]) / median(speeds[0]));
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.size() != 1 && arguments.size() != 4) {
    std::fprintf(stderr, "bench_tune TRAIN.rec [PROFILE DEVICES BATCH]\n");
    return 2;
  }
  try {
    return run(arguments);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_tune: %s\n", error.what());
    return 1;
  }
}
