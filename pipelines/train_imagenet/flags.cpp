#include <train_imagenet/flags.hpp>

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include <forebay/graph/inspect/serve_web.hpp>
#include <forebay/nodes/cuda/make_replica.hpp>
#include <forebay/nodes/sim/sim_profile.hpp>
#include <train_imagenet/flag_values.hpp>

namespace forebay {
namespace {

using enum FlagGroup;

template <class T>
Flag flag(FlagGroup group, std::string name, std::string value, T TrainOptions::*field,
          Reader<T> reader, std::string help) {
  Flag made{name, group, std::move(value), std::move(help), "", {}, {}};
  made.set = [=](TrainOptions& options, const std::string& text, const std::string& where) {
    const auto parsed = reader.read(text);
    if (parsed) {
      options.*field = *parsed;
    } else if (std::ranges::find(reader.not_yet, text) != reader.not_yet.end()) {
      throw Error(
          fmt::format("{}--{} {} is not supported yet; give {}", where, name, text, reader.wants));
    } else {
      throw Error(fmt::format("{}--{} is '{}'; give {}", where, name, text, reader.wants));
    }
  };
  made.show = [=](const TrainOptions& options) { return show(options.*field); };
  made.standard = value_text(made, TrainOptions());
  return made;
}

// 0 and 1, as MXNet has it.
Flag zero_one(FlagGroup group, std::string name, bool TrainOptions::*field, std::string help) {
  auto made = flag(group, std::move(name), "0|1", field, zero_or_one(), std::move(help));
  made.show = [=](const TrainOptions& options) { return options.*field ? "1" : "0"; };
  made.standard = value_text(made, TrainOptions());
  return made;
}

Flag on_switch(std::string name, bool TrainOptions::*field, std::string help) {
  auto made = flag(kForebay, std::move(name), "", field, on_or_off(), std::move(help));
  made.standard.clear();
  return made;
}

// A switch that asks for a text instead of a run.
Flag command(std::string name, bool TrainOptions::*field, std::string help) {
  auto made = on_switch(std::move(name), field, std::move(help));
  made.show = nullptr;
  return made;
}

// MXNet's flag for what Forebay does not do: only its default is accepted.
Flag not_yet(std::string name, std::string standard, std::string instead = "leave it out") {
  Flag made{name, kNotYet, "", "", standard, {}, {}};
  made.set = [=](TrainOptions&, const std::string& text, const std::string& where) {
    const auto given = parse_number(text), accepted = parse_number(standard);
    if (text == standard || (given && given == accepted)) return;
    throw Error(fmt::format("{}--{} is not supported yet; {}", where, name, instead));
  };
  return made;
}

Flag lr_step_epochs() {
  auto made =
      flag(kTraining, "lr-step-epochs", "EPOCHS", &TrainOptions::lr_step_epochs, rising_epochs(),
           "multiply the rate by --lr-factor after these epochs; 'pow N' is the same as "
           "--lr-schedule 'pow N'");
  made.set = [steps = made.set](TrainOptions& options, const std::string& text,
                                const std::string& where) {
    if (!text.starts_with("pow")) return steps(options, text, where);
    find_flag("lr-schedule")->set(options, text, where);
  };
  return made;
}

Flag lr_schedule() {
  auto made = flag(kForebay, "lr-schedule", "NAME", &TrainOptions::lr_schedule,
                   word<LrSchedule>({{"step", LrSchedule::kStep}, {"cosine", LrSchedule::kCosine}}),
                   "step, cosine or 'pow N': from --lr to 0 as (1 - progress)^N");
  made.set = [words = made.set](TrainOptions& options, const std::string& text,
                                const std::string& where) {
    if (!text.starts_with("pow")) {
      if (text == "step" || text == "cosine") return words(options, text, where);
      throw Error(
          fmt::format("{}--lr-schedule is '{}'; give step, cosine or 'pow N'", where, text));
    }
    // MXNet writes "pow 2", "pow2" and "pow-2".
    const auto start = text.find_first_not_of(" -", 3);
    const auto power = start == text.npos ? std::nullopt : parse_number(text.substr(start));
    if (!power || *power <= 0) {
      throw Error(
          fmt::format("{}the learning rate's schedule is '{}'; give 'pow N' with a number "
                      "above 0, e.g. 'pow 2'",
                      where, text));
    }
    options.lr_schedule = LrSchedule::kPolynomial;
    options.lr_power = *power;
  };
  made.show = [](const TrainOptions& options) {
    return options.lr_schedule == LrSchedule::kPolynomial
               ? fmt::format("'pow {}'", options.lr_power)
               : show(options.lr_schedule);
  };
  return made;
}

Flag batch_size() {
  auto made =
      flag(kTraining, "batch-size", "N", &TrainOptions::batch_size, whole(1),
           "images per step, over all devices together; max: as many as the devices' memory "
           "holds");
  made.set = [number = made.set](TrainOptions& options, const std::string& text,
                                 const std::string& where) {
    if (text == "max") {
      options.batch_size = 0;
    } else if (parse_whole(text)) {
      number(options, text, where);
    } else {
      throw Error(
          fmt::format("{}--batch-size is '{}'; give max or {}", where, text, whole(1).wants));
    }
  };
  made.show = [](const TrainOptions& options) {
    return options.batch_size == 0 ? "'max'" : show(options.batch_size);
  };
  return made;
}

Flag data_nthreads() {
  auto made = flag(kData, "data-nthreads", "N", &TrainOptions::data_nthreads, maybe(whole(1, 1024)),
                   "images decoded at a time; auto: found by --tune");
  made.set = [number = made.set](TrainOptions& options, const std::string& text,
                                 const std::string& where) {
    if (text == "auto") {
      options.data_nthreads.reset();
    } else if (parse_whole(text)) {
      number(options, text, where);
    } else {
      throw Error(fmt::format("{}--data-nthreads is '{}'; give auto or {}", where, text,
                              whole(1, 1024).wants));
    }
  };
  made.show = [](const TrainOptions& options) {
    return options.data_nthreads ? show(*options.data_nthreads) : "'auto'";
  };
  made.standard = value_text(made, TrainOptions());
  return made;
}

Flag host_memory() {
  const Reader<std::uint64_t> size{"a size, e.g. 512M or 4G", [](std::string_view text) {
                                     const auto bytes = parse_size(text);
                                     return bytes && *bytes > 0 ? bytes : std::nullopt;
                                   }};
  return flag(kForebay, "host-memory", "SIZE", &TrainOptions::host_memory, maybe(size),
              "what the host takes beside the devices' plans; queues are as long as that allows. "
              "Left out: short queues");
}

Flag cache() {
  const Reader<std::uint64_t> ram{"ram:SIZE, e.g. ram:8G", [](std::string_view text) {
                                    constexpr std::string_view kKind = "ram:";
                                    if (!text.starts_with(kKind))
                                      return std::optional<std::uint64_t>();
                                    const auto bytes = parse_size(text.substr(kKind.size()));
                                    return bytes && *bytes > 0 ? bytes : std::nullopt;
                                  }};
  auto made = flag(kForebay, "cache", "ram:SIZE", &TrainOptions::cache, maybe(ram),
                   "keep decoded training images in so much memory, until it is full: later epochs "
                   "neither read nor decode them, and give the same samples");
  made.show = [](const TrainOptions& options) {
    return options.cache ? fmt::format("'ram:{}'", *options.cache) : "None";
  };
  return made;
}

// Throws where a training on these GPUs cannot be, saying what to do.
void want_usable(const std::vector<DeviceName>& gpus, const std::string& flag_and_value) {
  std::vector<int> numbers;
  for (const DeviceName& gpu : gpus) numbers.push_back(gpu.index);
  std::string why = why_unusable(find_gpus(), numbers);
  if (why.empty()) why = why_no_cuda_replicas();
  if (why.empty()) return;
  throw Error(fmt::format("{} but {}, or use --devices cpu:0,cpu:1", flag_and_value, why));
}

Flag gpus() {
  Flag made{"gpus", kTraining,
            "LIST", "numbers of NVIDIA GPUs, e.g. 0,1: the same as --devices cuda:0,cuda:1",
            "",     {},
            {}};
  made.set = [list = device_list().read](TrainOptions& options, const std::string& text,
                                         const std::string& where) {
    if (text.empty()) return;
    const std::string given = fmt::format("{}--gpus is '{}'", where, text);
    std::string names;
    for (const std::string& part : split_commas(text)) {
      names += fmt::format("{}cuda:{}", names.empty() ? "" : ",", part);
    }
    const auto devices = list(names);
    if (!devices) throw Error(given + "; give numbers of GPUs, e.g. 0,1");
    want_usable(*devices, given);
    options.devices = *devices;
  };
  made.show = [](const TrainOptions& options) {
    std::string numbers;
    for (const DeviceName& device : options.devices) {
      if (!on_gpus(options.devices)) break;
      numbers += fmt::format("{}{}", numbers.empty() ? "" : ",", device.index);
    }
    return show(numbers);
  };
  return made;
}

Flag devices() {
  auto made = flag(
      kForebay, "devices", "LIST", &TrainOptions::devices, device_list(),
      "a replica of the network on each, e.g. cpu:0,cpu:1 or cuda:0,cuda:1; a batch is divided "
      "among them. cpu:auto: as many as are fastest, with a share of the cores each. "
      "sim:16:K80 simulates 16 devices: K80, V100, A100, H100, H200 or a profile's file");
  made.set = [list = made.set](TrainOptions& options, const std::string& text,
                               const std::string& where) {
    list(options, text, where);
    if (on_gpus(options.devices)) {
      want_usable(options.devices, fmt::format("{}--devices is '{}'", where, text));
    }
    if (!simulated(options.devices)) return;
    try {
      find_sim_profile(options.devices.front().profile);
    } catch (const Error& error) {
      throw Error(fmt::format("{}--devices is '{}': {}", where, text, error.what()));
    }
  };
  return made;
}

Flag inspect_http() {
  auto made = flag(kForebay, "inspect-http", "[HOST:]PORT", &TrainOptions::inspect_http, path(),
                   "serve a web page that shows the run, and /metrics for Prometheus; to this "
                   "machine alone unless a HOST is given");
  made.set = [keep = made.set](TrainOptions& options, const std::string& text,
                               const std::string& where) {
    try {
      read_web_address(text);
    } catch (const Error& error) {
      throw Error(fmt::format("{}--inspect-http: {}", where, error.what()));
    }
    keep(options, text, where);
  };
  return made;
}

// Besides setting itself it brings the other augmentation flags' defaults, so it is set first.
Flag augment() {
  auto made = flag(
      kForebay, "augment", "NAME", &TrainOptions::augment,
      word<Augmentation>({{"imagenet", Augmentation::kImageNet}, {"none", Augmentation::kNone}}),
      "imagenet: random resized crop and mirror; none: centre crop, as MXNet's "
      "defaults. Augmentation flags given besides change parts of it");
  made.set = [word = made.set](TrainOptions& options, const std::string& text,
                               const std::string& where) {
    word(options, text, where);
    if (options.augment != Augmentation::kNone) return;
    options.random_resized_crop = options.random_mirror = false;
    options.min_random_area = 1;
    options.min_random_aspect_ratio.reset();
    options.max_random_aspect_ratio = 0;
  };
  return made;
}

std::vector<Flag> training_flags() {
  using T = TrainOptions;
  const auto optimizers = {"signum", "ftml",    "lbsgd",   "lamb",     "dcasgd", "sgld",   "ccsgd",
                           "adam",   "adagrad", "rmsprop", "adadelta", "ftrl",   "adamax", "nadam"};
  const auto networks = {"alexnet",      "googlenet",    "inception-bn", "inception-resnet-v2",
                         "inception-v3", "inception-v4", "mobilenet",    "mobilenetv2",
                         "resnext",      "vgg"};
  return {
      flag(kTraining, "network", "NAME", &T::network,
           text_from({"resnet", "lenet", "mlp"}, {networks.begin(), networks.end()}),
           "resnet (v1.5, as torchvision's), lenet or mlp"),
      flag(kTraining, "num-layers", "N", &T::num_layers, whole(1),
           "depth of resnet: 18, 34, 50, 101 or 152; 20 or 56 for small images"),
      flag(kTraining, "num-epochs", "N", &T::num_epochs, whole(1),
           "train up to this epoch, counted from the first run's start"),
      batch_size(),
      flag(kTraining, "lr", "RATE", &T::lr, number_above_zero(), "initial learning rate"),
      flag(kTraining, "lr-factor", "F", &T::lr_factor, number_above_zero(),
           "multiplied on at each step; 1 or more keeps the rate"),
      lr_step_epochs(),
      flag(kTraining, "optimizer", "NAME", &T::optimizer,
           text_from({"sgd", "nag", "lars"}, {optimizers.begin(), optimizers.end()}),
           "sgd; nag, with Nesterov's momentum; or lars, which fits the rate of each layer to its "
           "weights and gradient, for large batches. All have --mom (MXNet's lars has none)"),
      flag(kTraining, "mom", "M", &T::mom, fraction_below_one(), "momentum"),
      flag(kTraining, "wd", "W", &T::wd, number(0), "weight decay"),
      flag(kTraining, "initializer", "NAME", &T::initializer,
           text_from({"default"},
                     {"xavier", "msra", "orthogonal", "normal", "uniform", "one", "zero"}),
           "default: He-normal convolutions, as torchvision's"),
      flag(kTraining, "dtype", "TYPE", &T::dtype, text_from({"float32", "bfloat16", "float16"}, {}),
           "what the network computes in: float32, bfloat16 on GPUs and on CPUs with instructions "
           "for it, or float16 on GPUs; weights and checkpoints are float32 with each"),
      zero_one(kTraining, "tf32", &T::tf32,
               "with --dtype float32 on GPUs: convolutions and linear layers multiply the first "
               "11 bits of each factor (TF32), which is far faster; 0: all 24"),
      flag(kTraining, "reduce-dtype", "TYPE", &T::reduce_dtype,
           text_from({"float32", "bfloat16", "float16"}, {}),
           "what several devices average gradients in: float32, bfloat16, or float16 with --dtype "
           "float16; updates are float32 with each"),
      gpus(),
      flag(kTraining, "kv-store", "NAME", &T::kv_store,
           text_from({"device", "local"},
                     {"nccl", "dist", "dist_sync", "dist_async", "dist_device_sync",
                      "dist_device_async", "dist_sync_device", "dist_async_device"}),
           "device or local: gradients are added up inside this process"),
      flag(kTraining, "model-prefix", "PATH", &T::model_prefix, path(),
           "save checkpoints under names that begin with this"),
      flag(kTraining, "save-period", "N", &T::save_period, whole(1), "epochs between checkpoints"),
      flag(kTraining, "load-epoch", "N", &T::load_epoch, maybe(whole(0)),
           "go on from the checkpoint of this epoch, or from its weights alone; needs "
           "--model-prefix"),
      flag(kTraining, "disp-batches", "N", &T::disp_batches, whole(1),
           "batches between speed lines"),
      flag(kTraining, "top-k", "K", &T::top_k, word<int>({{"0", 0}, {"5", 5}}),
           "5: report top-5 accuracy too"),
      flag(kTraining, "loss", "NAME", &T::loss,
           text_from({"ce", ""}, {"nll", "nll_loss", "ce,nll"}),
           "ce: report the cross-entropy too"),
      zero_one(kTraining, "test-io", &T::test_io,
               "1: read one epoch in whole batches, print the speed, train nothing"),
      zero_one(kTraining, "benchmark", &T::benchmark,
               "1: train on one made-up batch; --data-train and --data-val are not read"),
  };
}

std::vector<Flag> data_flags() {
  using T = TrainOptions;
  return {
      flag(kData, "data-train", "PATH", &T::data_train, path(),
           "training images: a .rec file, or a folder with one folder per class"),
      flag(kData, "data-train-idx", "PATH", &T::data_train_idx, path(),
           "its .idx file: every epoch in an exactly shuffled order"),
      flag(kData, "data-val", "PATH", &T::data_val, path(),
           "validation images; none: no validation"),
      flag(kData, "data-val-idx", "PATH", &T::data_val_idx, path(), "its .idx file"),
      flag(kData, "image-shape", "C,H,W", &T::image_shape, image_shape(), "what the network sees"),
      flag(kData, "num-classes", "N", &T::num_classes, whole(1), "labels are 0 to N - 1"),
      flag(kData, "num-examples", "N", &T::num_examples, maybe(whole<std::int64_t>(1)),
           "images per epoch; left out: as many as --data-train holds"),
      flag(kData, "rgb-mean", "R,G,B", &T::rgb_mean, rgb_mean(), "subtracted"),
      flag(kData, "rgb-std", "R,G,B", &T::rgb_std, rgb_std(),
           "divided by (MXNet's default is 1,1,1)"),
      flag(kData, "pad-size", "N", &T::pad_size, whole(0, 4096),
           "pixels added on each side before cropping"),
      flag(kData, "fill-value", "N", &T::fill_value, whole(0, 255), "value of the added pixels"),
      data_nthreads(),
  };
}

std::vector<Flag> augmentation_flags() {
  using T = TrainOptions;
  const auto group = kAugmentation;
  return {
      zero_one(group, "random-resized-crop", &T::random_resized_crop,
               "a random part of the image, resized (MXNet's default is 0)"),
      zero_one(group, "random-crop", &T::random_crop, "crop at a random place, else at the centre"),
      zero_one(group, "random-mirror", &T::random_mirror,
               "left and right swapped for half of the images (MXNet's default is 0)"),
      flag(group, "min-random-area", "F", &T::min_random_area, number(0, 1),
           "smallest part of the image that --random-resized-crop takes (MXNet's default is 1)"),
      flag(group, "max-random-area", "F", &T::max_random_area, number(0, 1), "largest part"),
      flag(group, "min-random-aspect-ratio", "R", &T::min_random_aspect_ratio,
           maybe(number_above_zero()),
           "of that part; left out while the largest is given: 1 - largest"),
      flag(group, "max-random-aspect-ratio", "R", &T::max_random_aspect_ratio, number(0),
           "of that part; with the smallest left out, 1 + this (MXNet's default is 0)"),
      flag(group, "brightness", "F", &T::brightness, number(0, 1), "changed by up to this part"),
      flag(group, "contrast", "F", &T::contrast, number(0, 1), "changed by up to this part"),
      flag(group, "saturation", "F", &T::saturation, number(0, 1), "changed by up to this part"),
  };
}

std::vector<Flag> forebay_flags() {
  using T = TrainOptions;
  auto val_resize =
      flag(kForebay, "val-resize", "N", &T::val_resize, whole(0, 65535),
           "the same for validation; left out: longer side of --image-shape x 8/7 with "
           "--augment imagenet, else 0");
  val_resize.standard.clear();
  auto config =
      flag(kForebay, "config", "FILE", &T::config, path(),
           "read flags from lines such as batch-size = 128; the command line counts more");
  return {
      devices(),
      augment(),
      flag(kForebay, "resize", "N", &T::resize, whole(0, 65535),
           "short edge of training images before anything else; 0 keeps their size"),
      std::move(val_resize),
      flag(kForebay, "tune", "WORD", &T::tune,
           word<Tune>({{"off", Tune::kOff}, {"once", Tune::kOnce}, {"always", Tune::kAlways}}),
           "change the limits of decode and augment while the run goes on, and keep what makes it "
           "faster: once, until nothing more is gained; always, again when the load changes; off. "
           "What --data-nthreads N or --NODE.SETTING gives stays, unless --tune is given as well: "
           "then tuning begins there"),
      host_memory(),
      cache(),
      lr_schedule(),
      flag(kForebay, "warmup-epochs", "N", &T::warmup_epochs, whole(0),
           "the rate rises linearly from 1 % of --lr to --lr over these epochs (MXNet: only with "
           "lbsgd)"),
      flag(kForebay, "lars-eta", "ETA", &T::lars_eta, number_above_zero(),
           "of --optimizer lars: how much of its norm a layer's weights change by in a step at "
           "most, at a rate of 1 and without momentum"),
      flag(kForebay, "label-smoothing", "F", &T::label_smoothing, fraction_below_one(),
           "part of the label that is spread over all classes"),
      on_switch("exact-decode", &T::exact_decode,
                "decode and resize JPEGs exactly as libjpeg-turbo and OpenCV do; without it, with "
                "differences of about 1 of 255 and in half the time"),
      on_switch(
          "gpu-decode", &T::gpu_decode,
          "decode JPEGs on the GPUs of --gpus too, through nvJPEG: they take what the CPU's "
          "workers leave. Who decodes an image depends on timing and its pixels on who does, so "
          "results do not repeat bit for bit"),
      on_switch("no-bias-decay", &T::no_bias_decay, "no weight decay on biases and batch norms"),
      flag(kForebay, "seed", "N", &T::seed, whole<std::uint64_t>(0),
           "of weights, order and augmentation"),
      on_switch("resume", &T::resume, "go on from the newest checkpoint of --model-prefix"),
      on_switch("overwrite", &T::overwrite,
                "remove the checkpoints that another run has left under --model-prefix"),
      flag(kForebay, "on-bad-image", "WORD", &T::on_bad_image,
           word<OnError>({{"stop", OnError::kStop}, {"skip", OnError::kSkip}}),
           "stop, or skip it and name it in the log"),
      flag(kForebay, "bad-image-limit", "N", &T::bad_image_limit, whole<std::int64_t>(0),
           "stop when one of the nodes that decode has skipped more than this many"),
      flag(kForebay, "log-prefix", "NAME", &T::log_prefix,
           word<LogPrefix>({{"mxnet", LogPrefix::kMxnet},
                            {"node", LogPrefix::kNode},
                            {"plain", LogPrefix::kPlain}}),
           "before each line: mxnet INFO:root:, node the time and Node[0], plain nothing"),
      inspect_http(),
      flag(kForebay, "inspect-token-file", "FILE", &T::inspect_token_file, path(),
           "its first line is the token that --inspect-http asks for: needed to be reached from "
           "other machines, and to change settings"),
      flag(kForebay, "record", "FILE", &T::record, path(),
           "keep a history of the run in FILE, a line per second, for forebay report; --resume and "
           "--load-epoch go on with the one that is there"),
      flag(kForebay, "price-per-hour", "DOLLARS", &T::price_per_hour, maybe(number_above_zero()),
           "what an hour of the machine costs; the report says what the training costs"),
      flag(kForebay, "host-cores", "N", &T::host_cores, maybe(whole(1, 4096)),
           "train nothing; say what --devices sim:... would do in a host of so many cores, without "
           "a clock, from a measurement of some seconds here"),
      flag(kForebay, "host-times", "FILE", &T::host_times, path(),
           "take what each node needs from what forebay snapshot printed of a run elsewhere; needs "
           "--host-cores"),
      flag(kForebay, "host-decode-rate", "R", &T::host_decode_rate, maybe(number_above_zero()),
           "images/s that one core of that host decodes: all that was measured changes in "
           "proportion; needs --host-cores"),
      flag(kForebay, "record-profile", "FILE", &T::record_profile, path(),
           "save what the devices showed, for --devices sim:N:FILE; in a file that is there, a "
           "point more"),
      std::move(config),
      command("summary", &T::summary,
              "print the network's layers, parameters and FLOPs, and what GPUs fuse of its batch "
              "norms"),
      command("help", &T::help, "print this"),
      command("help-markdown", &T::help_markdown, "print this for the documentation"),
      command("version", &T::version, "print the version"),
  };
}

std::vector<Flag> flags_not_yet() {
  const std::string use_augment = "use --augment imagenet";
  return {
      not_yet("monitor", "0"),
      not_yet("gc-type", "none"),
      not_yet("gc-threshold", "0.5"),
      not_yet("macrobatch-size", "0"),
      not_yet("warmup-strategy", "linear"),
      not_yet("profile-worker-suffix", ""),
      not_yet("profile-server-suffix", ""),
      not_yet("use-imagenet-data-augmentation", "0", use_augment),
      not_yet("max-random-h", "0"),
      not_yet("max-random-s", "0"),
      not_yet("max-random-l", "0"),
      not_yet("max-random-rotate-angle", "0"),
      not_yet("max-random-shear-ratio", "0"),
      not_yet("max-random-scale", "1"),
      not_yet("min-random-scale", "1"),
      not_yet("min-crop-size", "-1"),
      not_yet("max-crop-size", "-1"),
      not_yet("pca-noise", "0"),
  };
}

}  // namespace

const std::vector<Flag>& flags() {
  static const std::vector<Flag> all = [] {
    std::vector<Flag> table;
    for (auto part :
         {training_flags(), data_flags(), augmentation_flags(), forebay_flags(), flags_not_yet()}) {
      std::ranges::move(part, std::back_inserter(table));
    }
    return table;
  }();
  return all;
}

std::string value_text(const Flag& flag, const TrainOptions& options) {
  const std::string shown = flag.show(options);
  if (shown == "None") return "";
  return shown.starts_with('\'') ? shown.substr(1, shown.size() - 2) : shown;
}

const Flag* find_flag(std::string_view name) {
  const auto found = std::ranges::find(flags(), name, &Flag::name);
  return found == flags().end() ? nullptr : &*found;
}

}  // namespace forebay
