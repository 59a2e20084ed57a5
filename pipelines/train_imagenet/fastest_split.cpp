#include <train_imagenet/fastest_split.hpp>

#include <algorithm>
#include <string>

#include <fmt/format.h>

#include <common/interrupt.hpp>
#include <forebay/graph/inspect/host.hpp>
#include <forebay/nodes/checkpoint/checkpoint.hpp>
#include <train_imagenet/checkpoints.hpp>
#include <train_imagenet/devices.hpp>
#include <train_imagenet/flags.hpp>

namespace forebay {
namespace {

constexpr int kRowsPerThread = 8;  // enough to tell, and seconds for the largest networks
constexpr double kAsGood = 0.97;

struct Split {
  int replicas = 0;
  double images_per_second = 0;
};

std::vector<DeviceName> cpu_replicas(int count) {
  std::vector<DeviceName> devices;
  for (int i = 0; i < count; ++i) devices.push_back({"cpu", i});
  return devices;
}

// A training with so many replicas, of a batch that takes a second or so.
TrainOptions small_training(TrainOptions options, int replicas) {
  const int rows = kRowsPerThread * usable_threads() / replicas;
  const int most = options.largest_batch ? rows : options.batch_size / replicas;
  options.devices = cpu_replicas(replicas);
  options.batch_size = replicas * std::min(most, rows);
  return options;
}

std::string devices_text(const TrainOptions& options) {
  return value_text(*find_flag("devices"), options);
}

// Of the checkpoint to resume from; false where there is none.
bool take_saved_replicas(TrainOptions& options, Log& log) {
  const auto saved = settings_to_resume(options);
  if (!saved) return false;
  const auto devices = saved->settings.find("devices");
  if (devices == saved->settings.end()) return false;
  options.devices = cpu_replicas(static_cast<int>(1 + std::ranges::count(devices->second, ',')));
  log.info(
      fmt::format("--devices {}, as {} was saved with", devices->second, model_path(saved->stem)));
  return true;
}

// The fewest replicas that are as good as the best.
Split best_of(const std::vector<Split>& splits) {
  const Split best = std::ranges::max(splits, {}, &Split::images_per_second);
  return *std::ranges::find_if(splits, [&](const Split& split) {
    return split.images_per_second >= kAsGood * best.images_per_second;
  });
}

}  // namespace

std::vector<int> possible_splits(int threads, int batch) {
  std::vector<int> splits;
  for (int replicas = 1; replicas <= threads; ++replicas) {
    if (threads % replicas == 0 && batch % replicas == 0) splits.push_back(replicas);
  }
  return splits;
}

TrainOptions with_fastest_split(TrainOptions options, Log& log,
                                const std::function<TriedStep(const TrainOptions&)>& timed) {
  if (!found_at_start(options.devices)) return options;
  if (take_saved_replicas(options, log)) return options;
  const std::string as_given = devices_text(options);
  std::vector<Split> splits;
  std::string error;
  for (const int replicas : possible_splits(usable_threads(), options.batch_size)) {
    const TrainOptions training = small_training(options, replicas);
    const TriedStep step = timed(training);
    if (InterruptWatch::seen()) return options;
    if (!step.error.empty()) {
      error = step.error;
      continue;
    }
    splits.push_back({replicas, training.batch_size / step.seconds});
    log.info(fmt::format("--devices {}: {} x {} threads: {:.1f} images/s", as_given, replicas,
                         threads_per_replica(training), splits.back().images_per_second));
  }
  if (splits.empty())
    throw Error(fmt::format("--devices {}: no step could be made: {}", as_given, error));
  options.devices = cpu_replicas(best_of(splits).replicas);
  log.info(fmt::format("--devices {} from here on", devices_text(options)));
  return options;
}

}  // namespace forebay
