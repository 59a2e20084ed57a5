#include <train_imagenet/options.hpp>

#include <algorithm>
#include <fstream>
#include <map>
#include <utility>

#include <fmt/format.h>
#include <boost/program_options.hpp>

#include <common/command_line.hpp>
#include <common/flag_text.hpp>
#include <forebay/nodes/image/augment.hpp>
#include <train_imagenet/flag_values.hpp>
#include <train_imagenet/flags.hpp>
#include <train_imagenet/node_settings.hpp>

namespace forebay {
namespace {

namespace po = boost::program_options;

// A flag's text and where it was written: "" for the command line, else "train.ini: ".
struct Given {
  std::string text;
  std::string where;
};

struct AllGiven {
  std::map<std::string, Given> flags;
  std::map<std::string, Given> nodes;  // "decode.concurrency"

  bool has(const std::string& name) const { return flags.contains(name); }
};

bool is_switch(const Flag& flag) { return flag.value.empty() && flag.group != FlagGroup::kNotYet; }

[[noreturn]] void refuse_unknown(const std::string& name, const std::string& where) {
  std::vector<std::string> known;
  for (const Flag& flag : flags()) known.push_back(flag.name);
  refuse_unknown_flag(name, known, where);
}

void check_form(const std::string& name, const std::string& where) {
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyz0123456789-_[].";
  if (name.find_first_not_of(kAllowed) == name.npos && !name.starts_with('.') &&
      !name.ends_with('.')) {
    return;
  }
  throw Error(
      fmt::format("{}--{} names no node's setting; give --NODE.SETTING, e.g. "
                  "--decode.concurrency 8",
                  where, name));
}

// Every flag, and the node settings among `arguments` (--decode.concurrency), which have to be
// known beforehand too.
std::vector<FlagForm> flag_forms(const std::vector<std::string>& arguments) {
  std::vector<FlagForm> forms;
  for (const Flag& flag : flags()) forms.push_back({flag.name, !is_switch(flag)});
  for (const auto& argument : arguments) {
    if (!argument.starts_with("--")) continue;
    const std::string name = argument.substr(2, argument.find('=') - 2);
    if (name.find('.') == name.npos ||
        std::ranges::find(forms, name, &FlagForm::name) != forms.end()) {
      continue;
    }
    check_form(name, "");
    forms.push_back({name, true});
  }
  return forms;
}

void take(AllGiven& all, const std::string& name, const std::string& text,
          const std::string& where) {
  if (name.find('.') != name.npos) {
    check_form(name, where);
    if (text.empty()) throw Error(fmt::format("{}--{} has no value", where, name));
    all.nodes.insert_or_assign(name, Given{text, where});
  } else if (find_flag(name) != nullptr) {
    all.flags.insert_or_assign(name, Given{text, where});
  } else {
    refuse_unknown(name, where);
  }
}

void read_command_line(AllGiven& all, const std::vector<std::string>& arguments) {
  for (const GivenFlag& given : parse_command_line(arguments, flag_forms(arguments))) {
    if (given.name.empty()) {
      throw Error(fmt::format("unexpected argument '{}'; flags begin with two dashes", given.text));
    }
    take(all, given.name, given.text, "");
  }
}

void read_config(AllGiven& all, const std::string& path) {
  std::ifstream file(path);
  if (file.peek(); !file) {  // opening a folder works, reading it does not
    throw Error(fmt::format("--config is '{}', which cannot be read; give an INI file", path));
  }
  const std::string where = path + ": ";
  const po::options_description none;
  try {
    for (const auto& option : po::parse_config_file(file, none, true).options) {
      if (option.string_key == "config") {
        throw Error(where + "--config cannot be inside a config file; leave it out");
      }
      take(all, option.string_key, option.value.at(0), where);
    }
  } catch (const po::error& error) {
    throw Error(fmt::format("{}{}; give lines such as batch-size = 128", where, error.what()));
  }
}

// Flags that change the meaning of others left out.
void settle(TrainOptions& options, const AllGiven& all) {
  if (options.random_crop && !all.has("random-resized-crop")) options.random_resized_crop = false;
  if (!options.random_resized_crop) {
    options.min_random_area = options.max_random_area = 1;
    options.min_random_aspect_ratio.reset();
    options.max_random_aspect_ratio = 0;
  }
  if (all.has("max-random-aspect-ratio") && !all.has("min-random-aspect-ratio")) {
    options.min_random_aspect_ratio.reset();
  }
  if (!all.has("val-resize") && options.augment == Augmentation::kImageNet) {
    options.val_resize = imagenet_validation(options.image_shape).resize;
  }
  options.largest_batch = options.batch_size == 0;
  options.lr_given = all.has("lr");
  options.tune_given = all.has("tune");
  if (!options.tune_given && options.data_nthreads) options.tune = Tune::kOff;
  if (options.benchmark) options.tune = Tune::kOff;  // nothing is read
  for (const auto& [name, given] : all.nodes) {
    const auto dot = name.find('.');
    options.node_settings.push_back({name.substr(0, dot), name.substr(dot + 1), given.text});
    check_node_setting(options.node_settings.back(), options.devices.size(), given.where);
  }
}

void check_augmentation(const TrainOptions& o, const AllGiven& all) {
  if (o.random_crop && o.random_resized_crop) {
    throw Error("--random-crop 1 and --random-resized-crop 1 exclude each other; give one of them");
  }
  if (o.min_random_area > o.max_random_area) {
    throw Error(
        fmt::format("--min-random-area is {} but --max-random-area is {}; give a minimum "
                    "that is not above the maximum",
                    o.min_random_area, o.max_random_area));
  }
  if (o.min_random_aspect_ratio && o.random_resized_crop &&
      *o.min_random_aspect_ratio > o.max_random_aspect_ratio) {
    throw Error(
        fmt::format("--min-random-aspect-ratio is {} but --max-random-aspect-ratio is {}; "
                    "give a minimum that is not above the maximum",
                    *o.min_random_aspect_ratio, o.max_random_aspect_ratio));
  }
  if (!o.min_random_aspect_ratio && o.max_random_aspect_ratio >= 1) {
    throw Error(
        fmt::format("--max-random-aspect-ratio is {0}, which alone means 1 - {0} to 1 + {0}; "
                    "give --min-random-aspect-ratio too",
                    o.max_random_aspect_ratio));
  }
  if (o.random_resized_crop) return;
  // Without it MXNet ignores the area and turns to an affine transformation for the ratio.
  const std::pair<const char*, double> neutral[] = {{"min-random-area", 1},
                                                    {"max-random-area", 1},
                                                    {"max-random-aspect-ratio", 0},
                                                    {"min-random-aspect-ratio", 1}};
  for (const auto& [name, value] : neutral) {
    if (all.has(name) && parse_number(all.flags.at(name).text) != value) {
      throw Error(fmt::format("--{} needs --random-resized-crop 1; give both or none", name));
    }
  }
}

// Both flags set the schedule; the later one of the table would win without a word.
void check_schedule(const AllGiven& all) {
  if (!all.has("lr-schedule") || !all.has("lr-step-epochs")) return;
  const Given &schedule = all.flags.at("lr-schedule"), &steps = all.flags.at("lr-step-epochs");
  if (steps.text.empty()) return;
  const auto alone = [](const char* name, const Given& given) {
    TrainOptions options;
    find_flag(name)->set(options, given.text, given.where);
    return std::pair(options.lr_schedule, options.lr_power);
  };
  if (alone("lr-schedule", schedule) == alone("lr-step-epochs", steps)) return;
  throw Error(
      fmt::format("--lr-step-epochs '{}' has no use with --lr-schedule '{}'; give one of them",
                  steps.text, schedule.text));
}

// Both flags set the devices; the later one of the table would win without a word.
void check_devices(const AllGiven& all) {
  if (!all.has("gpus") || !all.has("devices")) return;
  const Given &gpus = all.flags.at("gpus"), &devices = all.flags.at("devices");
  if (gpus.text.empty()) return;
  throw Error(fmt::format("{}--gpus '{}' and {}--devices '{}' exclude each other; give one of them",
                          gpus.where, gpus.text, devices.where, devices.text));
}

void check_data(const TrainOptions& o) {
  if (o.test_io && o.benchmark) {
    throw Error("--test-io 1 and --benchmark 1 exclude each other; give one of them");
  }
  if (o.data_train.empty() && !o.benchmark) {
    throw Error(
        "--data-train is missing; give a .rec file or a folder of images, or --benchmark 1");
  }
  if (!o.data_train_idx.empty() && o.data_train.empty()) {
    throw Error("--data-train-idx is given without --data-train; give both");
  }
  if (!o.data_val_idx.empty() && o.data_val.empty()) {
    throw Error("--data-val-idx is given without --data-val; give both");
  }
}

// Neither leaves anything that is worth keeping.
void check_nothing_is_learnt(const TrainOptions& o) {
  if (!o.benchmark && !simulated(o.devices)) return;
  const char* why =
      o.benchmark ? "--benchmark 1 trains on made-up images" : "simulated --devices learn nothing";
  const std::pair<const char*, bool> given[] = {{"model-prefix", !o.model_prefix.empty()},
                                                {"resume", o.resume},
                                                {"load-epoch", o.load_epoch.has_value()}};
  for (const auto& [name, is_given] : given) {
    if (!is_given) continue;
    throw Error(fmt::format("{}; leave out --{}", why, name));
  }
}

void check_checkpoints(const TrainOptions& o) {
  if (o.resume && (o.load_epoch || o.overwrite)) {
    throw Error(fmt::format("--{} and --resume exclude each other; give one of them",
                            o.load_epoch ? "load-epoch" : "overwrite"));
  }
  if (o.model_prefix.empty() && (o.load_epoch || o.resume || o.overwrite)) {
    throw Error(
        fmt::format("--{} is given without --model-prefix; give the prefix of the checkpoints",
                    o.resume       ? "resume"
                    : o.load_epoch ? "load-epoch"
                                   : "overwrite"));
  }
  if (o.load_epoch && *o.load_epoch >= o.num_epochs) {
    throw Error(
        fmt::format("--load-epoch is {} and --num-epochs is {}, so nothing is left to train; "
                    "give more epochs",
                    *o.load_epoch, o.num_epochs));
  }
}

void check_inspection(const TrainOptions& o) {
  if (!o.inspect_token_file.empty() && o.inspect_http.empty()) {
    throw Error("--inspect-token-file is given without --inspect-http; give both");
  }
  if (!o.record.empty() && o.host_cores) {
    throw Error("--record and --host-cores exclude each other; give one of them");
  }
}

void check_cache(const TrainOptions& o) {
  if (!o.cache) return;
  if (o.benchmark) throw Error("--benchmark 1 reads no images; leave out --cache");
  if (o.host_cores) {
    throw Error("--cache and --host-cores exclude each other; give one of them");
  }
}

void check_simulation(const TrainOptions& o) {
  if (!o.host_cores && (!o.host_times.empty() || o.host_decode_rate)) {
    throw Error(fmt::format("--{} is given without --host-cores; give the host's cores too",
                            o.host_decode_rate ? "host-decode-rate" : "host-times"));
  }
  if (o.host_cores && !simulated(o.devices)) {
    throw Error("--host-cores is given without simulated --devices; give some, e.g. sim:16:K80");
  }
  if (simulated(o.devices) && o.dtype != "float32") {
    throw Error("--dtype " + o.dtype +
                " is for the CPU; simulated --devices take the times of their profiles: leave it "
                "out");
  }
  if (simulated(o.devices) && o.reduce_dtype != "float32") {
    throw Error("--reduce-dtype " + o.reduce_dtype +
                " is of no use to simulated --devices, which average no gradients; leave it out");
  }
  if (o.host_cores && (o.benchmark || o.test_io)) {
    throw Error(fmt::format("--host-cores and --{} 1 exclude each other; give one of them",
                            o.benchmark ? "benchmark" : "test-io"));
  }
  if (o.record_profile.empty()) return;
  if (simulated(o.devices) || o.test_io) {
    throw Error("--record-profile needs a training on real devices; leave out " +
                std::string(o.test_io ? "--test-io 1" : "--devices sim"));
  }
}

void check_gpus(const TrainOptions& o) {
  if (o.gpu_decode && !on_gpus(o.devices)) {
    throw Error("--gpu-decode is for GPUs; give some with --gpus, or leave it out");
  }
  const char* const excluded = o.exact_decode  ? "exact-decode"
                               : o.cache       ? "cache"
                               : o.benchmark   ? "benchmark"
                               : o.host_memory ? "host-memory"
                                               : nullptr;
  if (o.gpu_decode && excluded != nullptr) {
    throw Error(
        fmt::format("--gpu-decode and --{} exclude each other; give one of them", excluded));
  }
  if (!on_gpus(o.devices) && o.dtype == "float16") {
    throw Error("--dtype float16 is for GPUs; give bfloat16 or float32");
  }
  if (o.reduce_dtype == "float16" && o.dtype != "float16") {
    throw Error(
        "--reduce-dtype float16 needs the loss scale of --dtype float16; give bfloat16 or "
        "float32");
  }
}

void check_training(const TrainOptions& o) {
  if (const auto devices = static_cast<int>(o.devices.size()); o.batch_size % devices != 0) {
    const int nearest = std::max(1, o.batch_size / devices) * devices;
    throw Error(
        fmt::format("--batch-size is {}, which {} devices cannot share evenly; give a multiple "
                    "of {}, e.g. {}",
                    o.batch_size, devices, devices, nearest));
  }
  constexpr int kDepths[] = {18, 20, 34, 50, 56, 101, 152};
  if (o.network == "resnet" && std::ranges::find(kDepths, o.num_layers) == std::end(kDepths)) {
    throw Error(
        fmt::format("--num-layers is {}; give 18, 34, 50, 101 or 152, or 20 or 56 for small "
                    "images",
                    o.num_layers));
  }
  if (o.top_k >= o.num_classes) {
    throw Error(fmt::format("--top-k is {} but --num-classes is {}; give --top-k 0", o.top_k,
                            o.num_classes));
  }
}

}  // namespace

TrainOptions parse_options(const std::vector<std::string>& arguments) {
  AllGiven command_line;
  read_command_line(command_line, arguments);
  AllGiven all;
  if (command_line.has("config")) read_config(all, command_line.flags.at("config").text);
  for (auto& [name, given] : command_line.flags) all.flags.insert_or_assign(name, given);
  for (auto& [name, given] : command_line.nodes) all.nodes.insert_or_assign(name, given);

  check_devices(all);
  TrainOptions options;
  // --augment brings defaults that other flags change.
  if (all.has("augment")) {
    const Given& given = all.flags.at("augment");
    find_flag("augment")->set(options, given.text, given.where);
  }
  for (const Flag& flag : flags()) {
    if (flag.name == "augment" || !all.has(flag.name)) continue;
    const Given& given = all.flags.at(flag.name);
    flag.set(options, given.text, given.where);
  }
  if (options.help || options.help_markdown || options.version) return options;
  settle(options, all);
  check_schedule(all);
  check_nothing_is_learnt(options);
  check_simulation(options);
  check_cache(options);
  check_gpus(options);
  check_training(options);
  check_checkpoints(options);
  check_inspection(options);
  if (!options.summary) check_data(options);
  check_augmentation(options, all);
  return options;
}

}  // namespace forebay
