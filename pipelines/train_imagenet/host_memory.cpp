#include <train_imagenet/host_memory.hpp>

#include <algorithm>
#include <string>

#include <fmt/format.h>

#include <forebay/nodes/batch/image_path.hpp>
#include <forebay/nodes/read/reader.hpp>
#include <train_imagenet/data.hpp>

namespace forebay {
namespace {

constexpr std::uint64_t kMiB = 1 << 20;
constexpr std::uint64_t kProcess = 64 * kMiB;  // program, libraries, stacks, scratch: measured
constexpr int kImagesLookedAt = 32;

/// What the host holds when its queues are full.
class Host {
 public:
  Host(const TrainOptions& options, const DataFacts& data)
      : data_(data),
        benchmark_(options.benchmark),
        // Two that the devices are at; GPUs have another, copied while a step runs.
        at_devices_(on_gpus(options.devices) ? 3 : 2),
        cache_(options.cache.value_or(0)),
        row_(value_bytes(sample_format(options).type) *
             static_cast<std::uint64_t>(options.image_shape.channels) *
             static_cast<std::uint64_t>(options.image_shape.height) *
             static_cast<std::uint64_t>(options.image_shape.width)),
        batch_(static_cast<std::uint64_t>(options.batch_size)) {
    const ImagePathOptions path = train_path(options);
    decoders_ = path.decode_concurrency;
    workers_ = decoders_ + path.augment_concurrency;
    const ReaderOptions reader = train_reader(options);
    window_ = std::min(reader.window * reader.block_bytes, data.images * data.encoded) +
              4 * reader.block_bytes;
  }

  /// Places in each queue that all workers need to be busy; and that there are by default.
  std::uint64_t fewest() const { return 2 * decoders_; }
  std::uint64_t usual() const { return image_places(decoders_); }

  std::uint64_t batch_bytes() const { return batch_ * row_; }
  std::uint64_t row_bytes() const { return row_; }

  /// Batches in front of the devices, for as many images.
  std::uint64_t batches_for(std::uint64_t images) const {
    return std::max<std::uint64_t>(1, images / batch_);
  }

  /// Batches alive with so many places in each queue of images, and `waiting` full ones: those and
  /// the open one, one that is being sent, and what the devices are at; and those whose rows are on
  /// their way through `augment`.
  std::uint64_t batches(std::uint64_t images, std::uint64_t waiting) const {
    return benchmark_ ? 1 : waiting + 2 + at_devices_ + (2 * images + batch_ - 1) / batch_;
  }

  std::uint64_t cache_bytes() const { return cache_; }

  /// Bytes, without those of batches and of --cache. Records keep their blocks until they have been
  /// decoded and given a row; as much as a queue holds is kept for the next images.
  std::uint64_t images_bytes(std::uint64_t images) const {
    if (benchmark_) return kProcess;
    return kProcess + window_ + 2 * images * data_.encoded +
           (3 * images + workers_) * data_.decoded;
  }

  std::uint64_t bytes(std::uint64_t images, std::uint64_t waiting) const {
    return cache_ + images_bytes(images) + batches(images, waiting) * batch_bytes();
  }

  /// With a budget.
  std::uint64_t bytes(std::uint64_t images) const { return bytes(images, batches_for(images)); }

 private:
  const DataFacts& data_;
  bool benchmark_;
  std::uint64_t at_devices_, cache_, row_, batch_;
  std::uint64_t decoders_ = 0, workers_ = 0, window_ = 0;
};

constexpr std::uint64_t kUsualBatches = 2;

std::string mib(std::uint64_t bytes) { return fmt::format("{} MiB", (bytes + kMiB - 1) / kMiB); }

std::uint64_t most_images(const Host& host, std::uint64_t budget, std::uint64_t limit) {
  std::uint64_t low = host.fewest(), high = std::max(low, limit) + 1;
  while (low + 1 < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    (host.bytes(middle) <= budget ? low : high) = middle;
  }
  return low;
}

HostPlan plan_of(const Host& host, const DataFacts& data, std::uint64_t images) {
  HostPlan plan;
  const auto set = [&plan](const char* node, std::uint64_t places, std::uint64_t bytes) {
    plan.settings.push_back({node, "queue", std::to_string(places)});
    if (bytes > 0) plan.settings.push_back({node, "queue_bytes", std::to_string(bytes)});
  };
  set("decode", images, images * data.encoded);
  set("slot", images, images * data.decoded);
  set("augment", images, images * (data.decoded + host.row_bytes()));
  set("batch", images, images * host.row_bytes());
  const std::uint64_t batches = host.batches_for(images);
  for (const char* waits : {"step", "room"}) set(waits, batches, batches * host.batch_bytes());
  set("scatter", 1, 0);
  plan.kept_bytes = images * data.decoded;
  return plan;
}

[[noreturn]] void refuse(const Host& host, std::uint64_t budget) {
  const std::uint64_t images = host.fewest(), least = host.bytes(images);
  const std::uint64_t batches = host.batches(images, 1);
  const std::string cache =
      host.cache_bytes() > 0 ? fmt::format("{} for --cache, ", mib(host.cache_bytes())) : "";
  throw Error(
      fmt::format("--host-memory is {}, too little: {}{} for {} batches, and {} for the process "
                  "with {} images in "
                  "each queue; give {}M, or a smaller --batch-size{}",
                  mib(budget), cache, mib(batches * host.batch_bytes()), batches,
                  mib(host.images_bytes(images)), images, (least + kMiB - 1) / kMiB,
                  cache.empty() ? "" : " or --cache"));
}

}  // namespace

DataFacts look_at_data(const TrainOptions& options) {
  DataFacts facts;
  if (options.benchmark) {
    facts.images = static_cast<std::uint64_t>(options.num_examples.value_or(kImageNetImages));
    return facts;
  }
  ReaderOptions in_order = train_reader(options);
  in_order.shuffle = false;  // so that one block is read
  RecordReader reader(in_order);
  facts.images =
      options.num_examples ? static_cast<std::uint64_t>(*options.num_examples) : reader.count();
  const ImagePathOptions path = train_path(options);
  const ImagePool pool;
  std::size_t seen = 0;
  for (int i = 0; i < kImagesLookedAt; ++i) {
    try {
      const auto record = reader();
      if (!record) break;
      facts.decoded += decoded_bytes(*record, path, pool);
      facts.encoded += record->image.size();
      ++seen;
    } catch (const Error&) {  // a bad one is the run's business
    }
  }
  if (seen > 0) facts.encoded /= seen, facts.decoded /= seen;
  return facts;
}

std::size_t batches_alive(const TrainOptions& options) {
  const Host host(options, {});
  return host.batches(host.usual(), kUsualBatches);
}

std::uint64_t host_bytes(const TrainOptions& options, const DataFacts& data) {
  const Host host(options, data);
  return options.host_memory ? host.bytes(host.fewest()) : host.bytes(host.usual(), kUsualBatches);
}

TrainOptions with_host_memory(TrainOptions options, const DataFacts& data, Log& log) {
  if (!options.host_memory) return options;
  const Host host(options, data);
  const std::uint64_t budget = *options.host_memory;
  if (host.bytes(host.fewest()) > budget) refuse(host, budget);
  if (options.benchmark) return options;  // no queues of images
  const std::uint64_t most = std::min<std::uint64_t>(data.images, NodeSettings::kMostPlaces);
  const std::uint64_t images = most_images(host, budget, most);
  options.host_plan = plan_of(host, data, images);
  const std::uint64_t batches = host.batches_for(images);
  log.info(
      fmt::format("Host memory: {} images before each of decode, slot, augment and batch, and {} "
                  "full {}{} take {} of {} at most",
                  images, batches, batches == 1 ? "batch" : "batches",
                  options.cache ? " with --cache" : "", mib(host.bytes(images)), mib(budget)));
  return options;
}

}  // namespace forebay
