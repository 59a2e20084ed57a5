#include <train_imagenet/largest_batch.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <common/flag_values.hpp>
#include <common/interrupt.hpp>
#include <forebay/graph/inspect/host.hpp>
#include <forebay/nodes/checkpoint/checkpoint.hpp>
#include <forebay/nodes/cuda/nvjpeg/gpu_decoder.hpp>
#include <forebay/nodes/network/weights.hpp>
#include <forebay/nodes/sim/sim_profile.hpp>
#include <train_imagenet/checkpoints.hpp>
#include <train_imagenet/devices.hpp>
#include <train_imagenet/host_memory.hpp>
#include <train_imagenet/session.hpp>

namespace forebay {
namespace {

constexpr std::size_t kWholeRows = 8;  // what vector units and caches like, from there on
constexpr double kPart = 0.9;          // of the host's memory: other programs want some too
constexpr int kTries = 3;
// Of a GPU's memory, for kernels that are loaded later and what NCCL and cuDNN take: not measured.
constexpr double kGpuReserve = 1 << 30;
constexpr double kGiB = 1 << 30;

std::size_t whole(std::size_t rows) {
  return rows < kWholeRows ? rows : rows / kWholeRows * kWholeRows;
}

/// Memory that a batch takes, and that there is.
struct Need {
  double bytes = 0, room = 0;
  std::string where;

  bool met() const { return bytes <= room; }
  std::string text() const {
    return fmt::format("{:.1f} of the {:.1f} GiB of {}", bytes / kGiB, room / kGiB, where);
  }
};

void set_rows(TrainOptions& options, std::size_t rows) {
  options.batch_size = static_cast<int>(rows * options.devices.size());
}

class MemoryPlanner {
 public:
  MemoryPlanner(const TrainOptions& options, const DataFacts& data,
                const std::function<std::size_t(int gpu)>& gpu_free)
      : options_(options),
        data_(data),
        network_(make_network(options)),
        room_(kPart * static_cast<double>(available_memory())) {
    if (simulated(options.devices)) {
      profile_ = scaled_to(find_sim_profile(options.devices.front().profile), network_);
    }
    if (on_gpus(options.devices)) ask_gpus(gpu_free);
  }

  bool fits(std::size_t rows) { return std::ranges::all_of(needs(rows), &Need::met); }

  /// The memory that decides whether so many images for each device fit.
  Need scarcest(std::size_t rows) {
    return std::ranges::max(needs(rows), {},
                            [](const Need& need) { return need.bytes / need.room; });
  }

 private:
  // Those with the least memory decide.
  void ask_gpus(const std::function<std::size_t(int gpu)>& free) {
    const double decoding = options_.gpu_decode ? kGpuDecodeCalls * kGpuDecodeBytes : 0;
    const double reserve = kGpuReserve + decoding;
    for (const DeviceName& device : options_.devices) {
      const Need need{.room = std::max(0.0, static_cast<double>(free(device.index)) - reserve),
                      .where = fmt::format("GPU {} (of what is free, but for {} GiB)", device.index,
                                           reserve / kGiB)};
      if (gpus_.empty() || need.room < gpus_.front().room) gpus_ = {need};
    }
  }

  std::vector<Need> needs(std::size_t rows) {
    set_rows(options_, rows);
    std::vector<Need> all = gpus_;
    for (Need& need : all) {
      need.bytes = static_cast<double>(
          cuda_replica_bytes(network_, replica_options(options_), sgd_options(options_)));
    }
    if (simulated(options_.devices)) {
      all.push_back(
          {bytes_for_rows(profile_, rows), profile_.device_bytes, "each " + profile_.name});
    }
    if (options_.host_cores) return all;  // the host is not this one
    if (options_.host_memory) {
      all.push_back({static_cast<double>(host_bytes(options_, data_)),
                     static_cast<double>(*options_.host_memory), "--host-memory"});
    }
    all.push_back({host(), room_, "this machine's memory (nine tenths of what is available)"});
    return all;
  }

  // With the devices' plans, where they are this machine.
  double host() const {
    const auto weights = static_cast<double>(parameter_count(network_)) * sizeof(float);
    const auto images =
        static_cast<double>(options_.host_memory.value_or(host_bytes(options_, data_)));
    if (simulated(options_.devices)) return images + 3 * weights;  // momentum, shared gradients
    if (on_gpus(options_.devices)) {  // a mean made on the host has gradients of two steps of each
      const double gradients = why_mean_on_host(options_).empty() ? 0 : 2 * weights;
      return images + 2 * weights + gradients * static_cast<double>(options_.devices.size());
    }
    const std::size_t replica = cpu_replica_bytes(network_, replica_options(options_));
    return images + 2 * weights + static_cast<double>(replica * options_.devices.size());
  }

  TrainOptions options_;
  const DataFacts& data_;
  Network network_;
  double room_;
  SimProfile profile_;
  std::vector<Need> gpus_ = {};  // the one that has the least room
};

// The rate that goes with the batch, or what the rule would say to the one that was given.
void set_rate(TrainOptions& options, Log& log) {
  const double rule = linear_rate(options.batch_size);
  if (options.lr_given) {
    log.info(
        fmt::format("Learning rate {}, as given; by the linear rule, 0.1 for 256 images, it "
                    "would be {}",
                    options.lr, rule));
    return;
  }
  options.lr = rule;
  log.info(
      fmt::format("Learning rate {} by the linear rule: 0.1 for 256 images, and in proportion; "
                  "--lr sets another",
                  rule));
}

// Of the checkpoint to resume from; false where there is none.
bool take_saved_batch(TrainOptions& options, Log& log) {
  const auto saved = settings_to_resume(options);
  if (!saved) return false;
  const Settings& settings = saved->settings;
  const auto batch = settings.find("batch-size"), rate = settings.find("lr");
  if (batch == settings.end() || rate == settings.end()) return false;
  options.batch_size = static_cast<int>(parse_whole(batch->second).value_or(0));
  if (!options.lr_given) options.lr = parse_number(rate->second).value_or(options.lr);
  if (options.batch_size < 1) return false;
  log.info(fmt::format("Batch size {}, as {} was saved with", options.batch_size,
                       model_path(saved->stem)));
  return true;
}

void say_chosen(const TrainOptions& options, const Need& need, const char* why_not_more, Log& log) {
  log.info(fmt::format("Batch size {}, {} images for each of {} devices: planned to take {}{}",
                       options.batch_size, rows_per_device(options), options.devices.size(),
                       need.text(), why_not_more));
}

/// Rows for each device that no memory has to hold, and what to say where they are taken.
struct RowLimit {
  std::size_t rows;
  const char* text;
};

RowLimit row_limit(const TrainOptions& options, std::size_t images) {
  const RowLimit epoch{images / options.devices.size(), "; an epoch has no more images"};
  if (!on_gpus(options.devices)) return epoch;
  const RowLimit indexed{rows_with_32_bits(make_network(options)),
                         "; with more images a layer has more values than cuDNN's 32 bits count"};
  return std::min(epoch, indexed, [](const auto& a, const auto& b) { return a.rows < b.rows; });
}

// Tries a step, and others with fewer images where it fails.
void confirm(TrainOptions& options, const std::function<TriedStep(const TrainOptions&)>& tried,
             Log& log) {
  for (int left = kTries - 1;; --left) {
    const TriedStep step = tried(options);
    if (InterruptWatch::seen()) return;
    if (step.error.empty()) {
      return log.info(fmt::format("Tried one step of it, which took {:.1f} s", step.seconds));
    }
    const std::size_t rows = rows_per_device(options);
    if (left == 0 || rows == 1) {
      throw Error(fmt::format("--batch-size max: a step of {} images failed: {}; give a number",
                              options.batch_size, step.error));
    }
    const int failed = options.batch_size;
    set_rows(options, whole(std::max<std::size_t>(1, rows - rows / 8 - (rows < kWholeRows))));
    log.info(fmt::format("A step of {} images failed: {}; going down to {}", failed, step.error,
                         options.batch_size));
  }
}

}  // namespace

std::size_t largest_rows(std::size_t most, const std::function<bool(std::size_t)>& fits) {
  const auto largest = [&](std::size_t limit, std::size_t unit) {
    std::size_t low = 0, high = limit / unit + 1;  // low fits, high does not
    while (low + 1 < high) {
      const std::size_t middle = std::min(std::max<std::size_t>(1, 2 * low), (low + high) / 2);
      (fits(middle * unit) ? low : high) = middle;
    }
    return low * unit;
  };
  const std::size_t in_eights = largest(most, kWholeRows);
  return in_eights > 0 ? in_eights : largest(std::min(most, kWholeRows - 1), 1);
}

std::size_t rows_with_32_bits(const Network& network) {
  std::int64_t largest = 1;
  for (const Layer& layer : network.layers) {
    const ImageShape& shape = layer.output;
    const int channels =
        layer.kind == LayerKind::kInput ? std::max(4, shape.channels) : shape.channels;
    largest = std::max(largest, std::int64_t{channels} * shape.height * shape.width);
  }
  return static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max() / largest);
}

double linear_rate(int batch_size) { return batch_size / 2560.0; }

TrainOptions with_largest_batch(TrainOptions options, const DataFacts& data, Log& log,
                                const std::function<TriedStep(const TrainOptions&)>& tried,
                                const std::function<std::size_t(int gpu)>& gpu_free) {
  if (options.batch_size > 0) return options;
  if (take_saved_batch(options, log)) return options;
  MemoryPlanner memory(options, data, gpu_free);
  const auto [most, why_not_more] = row_limit(options, data.images);
  const std::size_t rows =
      largest_rows(most, [&](std::size_t count) { return memory.fits(count); });
  if (data.images < options.devices.size()) {
    throw Error(fmt::format("--batch-size max: an epoch of {} images is too small for {} devices",
                            data.images, options.devices.size()));
  }
  if (rows == 0) {
    throw Error(
        fmt::format("--batch-size max: not one image for each of {} devices fits: it takes {}",
                    options.devices.size(), memory.scarcest(1).text()));
  }
  set_rows(options, rows);
  say_chosen(options, memory.scarcest(rows), rows == whole(most) ? why_not_more : "", log);
  if (!options.host_cores && !on_gpus(options.devices)) confirm(options, tried, log);
  set_rate(options, log);
  return options;
}

}  // namespace forebay
