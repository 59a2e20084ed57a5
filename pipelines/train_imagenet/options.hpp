#pragma once

// What train_imagenet was asked to do: the command line and the config file as plain values.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <forebay/graph/error.hpp>
#include <forebay/graph/settings.hpp>
#include <forebay/nodes/network/shape.hpp>

namespace forebay {

enum class Augmentation : std::uint8_t { kNone, kImageNet };
enum class LrSchedule : std::uint8_t { kStep, kCosine, kPolynomial };
enum class Tune : std::uint8_t {
  kOff,
  kOnce,    // until it has settled
  kAlways,  // and again when what is measured has become another
};
enum class LogPrefix : std::uint8_t {
  kPlain,  // the message alone
  kMxnet,  // "INFO:root:", as MXNet 1.x prints
  kNode,   // "2017-01-01 12:00:00,123 Node[0] ", as MXNet 0.x printed
};

/// A device by kind and number: cpu:1, cuda:0. `sim:2:K80` stands for two of them, sim 0 and 1;
/// `cpu:auto` has number -1 until it's known how many there are to be.
struct DeviceName {
  std::string kind = "cpu";
  int index = 0;
  std::string profile = "";  // of a simulated device: a built-in profile's name, or a file

  friend bool operator==(const DeviceName&, const DeviceName&) = default;
};

/// Whether those devices are simulated: then all of them are, with one profile.
inline bool simulated(const std::vector<DeviceName>& devices) {
  return devices.front().kind == "sim";
}

/// Whether how many CPU replicas there are is found at the start: `cpu:auto`.
inline bool found_at_start(const std::vector<DeviceName>& devices) {
  return devices.front().index < 0;
}

/// Whether those devices are NVIDIA's GPUs: all or none are.
inline bool on_gpus(const std::vector<DeviceName>& devices) {
  return devices.front().kind == "cuda";
}

/// `--decode.concurrency=8` is {"decode", "concurrency", "8"}.
struct NodeSetting {
  std::string node, setting, value;

  friend bool operator==(const NodeSetting&, const NodeSetting&) = default;
};

/// What --host-memory comes to.
struct HostPlan {
  std::vector<NodeSetting> settings = {};  // under those of the command line
  std::size_t kept_bytes = std::size_t{256}
                           << 20;  // of memory of decoded images, for the next ones
};

/// Images of an epoch where none are read and --num-examples does not say.
inline constexpr std::int64_t kImageNetImages = 1'281'167;

/// One field per flag; the values are the defaults. `parse_options` gives them validated and
/// consistent with one another. Flags and their texts: flags.cpp.
struct TrainOptions {
  // Training.
  std::string network = "resnet";
  int num_layers = 50;
  int num_classes = 1000;
  int num_epochs = 80;  // the last epoch, counted from the very first run
  double lr = 0.1;
  bool lr_given = false;
  double lr_factor = 0.1;
  std::vector<int> lr_step_epochs = {30, 60};
  LrSchedule lr_schedule = LrSchedule::kStep;
  double lr_power = 1;  // of kPolynomial
  int warmup_epochs = 0;
  std::string initializer = "default";
  std::string optimizer = "sgd";
  double mom = 0.9;
  double lars_eta = 0.001;
  double wd = 0.0001;
  bool no_bias_decay = false;
  double label_smoothing = 0;
  std::string dtype = "float32";
  bool tf32 = true;
  std::string reduce_dtype = "float32";
  int batch_size = 128;        // over all devices together; 0: as many as fit, found at the start
  bool largest_batch = false;  // that it was to be found
  std::vector<DeviceName> devices = {{"cpu", 0}};
  std::string kv_store = "device";
  std::uint64_t seed = 0;
  std::string model_prefix;
  int save_period = 1;            // epochs
  std::optional<int> load_epoch;  // go on from this checkpoint
  bool resume = false;            // go on from the newest checkpoint of model_prefix
  bool overwrite = false;         // remove those that another run left there
  int disp_batches = 20;
  int top_k = 0;     // 0 or 5
  std::string loss;  // "ce": report the cross-entropy too
  bool test_io = false;
  bool benchmark = false;

  // Data.
  std::string data_train, data_train_idx;
  std::string data_val, data_val_idx;
  ImageShape image_shape;
  std::optional<std::int64_t> num_examples;  // of an epoch; none: as many as data_train holds
  std::array<double, 3> rgb_mean = {123.68, 116.779, 103.939};
  std::array<double, 3> rgb_std = {58.393, 57.12, 57.375};
  std::optional<int> data_nthreads;  // none: one per core, and tuned
  OnError on_bad_image = OnError::kStop;
  std::int64_t bad_image_limit = 100;  // of kSkip; for one run

  // Augmentation of training images. The values are those of kImageNet; kNone has other ones.
  Augmentation augment = Augmentation::kImageNet;
  int resize = 0;      // short edge in pixels before anything else; 0 keeps the size
  int val_resize = 0;  // the same for validation; resolved by parse_options
  int pad_size = 0;
  int fill_value = 127;
  bool random_resized_crop = true;
  bool random_crop = false;
  bool random_mirror = true;
  double min_random_area = 0.08;
  double max_random_area = 1;
  std::optional<double> min_random_aspect_ratio = 3.0 / 4;  // none: 1 - max .. 1 + max
  double max_random_aspect_ratio = 4.0 / 3;
  double brightness = 0;
  double contrast = 0;
  double saturation = 0;
  bool gpu_decode = false;    // decode on the GPUs too
  bool exact_decode = false;  // true: pixels exactly as libjpeg-turbo and OpenCV make them

  // Forebay.
  Tune tune = Tune::kOnce;  // resolved by parse_options
  bool tune_given = false;  // then what else was given is where tuning begins, not what stays
  LogPrefix log_prefix = LogPrefix::kMxnet;
  std::optional<double> price_per_hour;  // dollars, of all machines together
  std::string inspect_http;              // [HOST:]PORT of the web page
  std::string inspect_token_file;        // whose first line may ask it for everything
  std::string record;                    // file of the run's history
  bool summary = false;                  // print the network, train nothing
  std::vector<NodeSetting> node_settings;
  std::optional<std::uint64_t> host_memory;  // bytes beside the devices' plans; none: short queues
  std::optional<std::uint64_t> cache;        // bytes of decoded images that stay; none: no cache
  HostPlan host_plan;                        // found at the start
  std::optional<int> host_cores;             // of a simulated host; none: train here
  std::string host_times;                    // a snapshot with its service times; empty: measured
  std::optional<double> host_decode_rate;    // images/s of one of its cores; none: as here
  std::string record_profile;
  std::string config;
  bool help = false;
  bool help_markdown = false;
  bool version = false;
};

/// Reads the command line (without the program's name) and the file of `--config`, whose values
/// the command line overrides; of two equal flags the later one counts. Throws `Error` with one
/// line that names the flag, what was given and what to give. With help, help_markdown or version
/// set, nothing else is validated.
TrainOptions parse_options(const std::vector<std::string>& arguments);

}  // namespace forebay
