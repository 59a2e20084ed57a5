#include <train_imagenet/data.hpp>

#include <algorithm>

#include <fmt/format.h>

#include <forebay/graph/inspect/host.hpp>
#include <forebay/nodes/cuda/nvjpeg/gpu_decoder.hpp>
#include <train_imagenet/devices.hpp>

namespace forebay {
namespace {

std::array<float, 3> to_float(const std::array<double, 3>& values) {
  return {static_cast<float>(values[0]), static_cast<float>(values[1]),
          static_cast<float>(values[2])};
}

ImagePathOptions path(const TrainOptions& options) {
  ImagePathOptions path;
  path.augment.image_shape = options.image_shape;
  path.augment.rgb_mean = to_float(options.rgb_mean);
  path.augment.rgb_std = to_float(options.rgb_std);
  path.num_classes = options.num_classes;
  path.seed = options.seed;
  path.decode_mode = options.exact_decode ? DecodeMode::kExact : DecodeMode::kFast;
  path.on_bad_image = options.on_bad_image;
  path.bad_image_limit = static_cast<std::uint64_t>(options.bad_image_limit);
  const int threads = options.data_nthreads.value_or(static_cast<int>(usable_cpus()));
  path.decode_concurrency = static_cast<std::size_t>(std::max(1, threads));
  path.augment_concurrency = std::max<std::size_t>(1, path.decode_concurrency / 2);
  return path;
}

}  // namespace

GraphOptions log_skipped(Log& log) {
  GraphOptions options;
  options.on_skip = [&log](const std::string& what) { log.info("Skipped " + what); };
  return options;
}

ReaderOptions train_reader(const TrainOptions& options) {
  ReaderOptions reader;
  reader.data = options.data_train;
  reader.index = options.data_train_idx;
  reader.shuffle = true;
  reader.seed = options.seed;
  return reader;
}

ReaderOptions validation_reader(const TrainOptions& options) {
  ReaderOptions reader;
  reader.data = options.data_val;
  reader.index = options.data_val_idx;
  return reader;
}

ImagePathOptions train_path(const TrainOptions& options) {
  ImagePathOptions result = path(options);
  AugmentOptions& augment = result.augment;
  augment.resize = options.resize > 0 ? options.resize : -1;
  augment.pad_size = options.pad_size;
  augment.fill_value = options.fill_value;
  augment.random_crop = options.random_crop;
  augment.random_resized_crop = options.random_resized_crop;
  augment.min_random_area = options.min_random_area;
  augment.max_random_area = options.max_random_area;
  augment.min_random_aspect_ratio = options.min_random_aspect_ratio;
  augment.max_random_aspect_ratio = options.max_random_aspect_ratio;
  augment.random_mirror = options.random_mirror;
  augment.brightness = options.brightness;
  augment.contrast = options.contrast;
  augment.saturation = options.saturation;
  return result;
}

ImagePathOptions validation_path(const TrainOptions& options) {
  ImagePathOptions result = path(options);
  result.augment.resize = options.val_resize > 0 ? options.val_resize : -1;
  result.last = LastBatch::kKeep;
  return result;
}

std::vector<DecodeHelper> decode_helpers(const TrainOptions& options, Log& log) {
  std::vector<DecodeHelper> helpers;
  for (const DeviceName& device : options.devices) {
    if (!options.gpu_decode) break;
    helpers.push_back(
        {fmt::format("decode[gpu {}]", device.index),
         make_gpu_decoder(gpu_id(device), [&log](const std::string& line) { log.info(line); }),
         kGpuDecodeCalls});
  }
  return helpers;
}

std::uint64_t skipped_images(const GraphSnapshot& snapshot) {
  std::uint64_t skipped = 0;
  for (const NodeSnapshot& node : snapshot.nodes) {
    if (node.name == "decode" || node.helps == "decode") skipped += node.skipped;
  }
  return skipped;
}

SampleFormat sample_format(const TrainOptions& options) {
  const bool pixels = on_gpus(options.devices) || simulated(options.devices);
  return {.type = pixels ? SampleType::kUint8 : SampleType::kFloat32};
}

}  // namespace forebay
