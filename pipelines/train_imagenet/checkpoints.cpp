#include <train_imagenet/checkpoints.hpp>

#include <fmt/format.h>

#include <forebay/nodes/checkpoint/checkpoint.hpp>
#include <train_imagenet/devices.hpp>
#include <train_imagenet/flag_values.hpp>
#include <train_imagenet/flags.hpp>

namespace forebay {
namespace {

constexpr std::string_view kDeciding[] = {"network",
                                          "num-layers",
                                          "num-classes",
                                          "image-shape",
                                          "batch-size",
                                          "lr",
                                          "lr-factor",
                                          "lr-step-epochs",
                                          "lr-schedule",
                                          "warmup-epochs",
                                          "optimizer",
                                          "lars-eta",
                                          "mom",
                                          "wd",
                                          "no-bias-decay",
                                          "exact-decode",
                                          "label-smoothing",
                                          "dtype",
                                          "tf32",
                                          "reduce-dtype",
                                          "seed",
                                          "rgb-mean",
                                          "rgb-std",
                                          "pad-size",
                                          "fill-value",
                                          "resize",
                                          "random-crop",
                                          "random-resized-crop",
                                          "random-mirror",
                                          "min-random-area",
                                          "max-random-area",
                                          "brightness",
                                          "contrast",
                                          "saturation",
                                          "min-random-aspect-ratio",
                                          "max-random-aspect-ratio"};

}  // namespace

Settings deciding_settings(const TrainOptions& options, std::uint64_t images,
                           const std::string& data) {
  Settings settings;
  for (const std::string_view name : kDeciding) {
    settings.emplace(name, value_text(*find_flag(name), options));
  }
  if (!uses_tf32(options)) settings.erase("tf32");
  if (options.optimizer != "lars") settings.erase("lars-eta");
  TrainOptions numbered = options;  // which CPUs' numbers stand for the replicas is of no matter
  for (std::size_t i = 0; i < numbered.devices.size(); ++i) {
    numbered.devices[i].index = static_cast<int>(i);
  }
  settings["devices"] = value_text(*find_flag("devices"), numbered);
  settings["num-examples"] = std::to_string(images);
  settings["data"] = data;
  // Steps fall after epochs of their own; the other schedules are stretched over all epochs.
  if (options.lr_schedule != LrSchedule::kStep) {
    settings["num-epochs"] = std::to_string(options.num_epochs);
  }
  return settings;
}

std::optional<SavedSettings> settings_to_resume(const TrainOptions& options) {
  const std::string stem = options.resume ? find_latest(options.model_prefix).stem : "";
  if (stem.empty()) return std::nullopt;
  return SavedSettings{stem, load_state(stem).settings};
}

std::string difference(const Settings& saved, const Settings& now) {
  std::string text;
  const auto shown = [](const std::string& value) { return value.empty() ? "unset" : value; };
  for (const auto& [name, value] : now) {
    const auto then = saved.find(name);
    if (then == saved.end() || then->second == value) continue;
    text += fmt::format("{}{}{} {}, not {}", text.empty() ? "" : "; ",
                        find_flag(name) != nullptr ? "--" : "", name, shown(then->second),
                        shown(value));
  }
  return text;
}

std::string names_of(const std::vector<std::string>& stems) {
  const std::string first = model_path(stems.front());
  return stems.size() == 1 ? first : fmt::format("{} to {}", first, model_path(stems.back()));
}

std::vector<std::string> left_by_another_run(const TrainOptions& options) {
  if (options.model_prefix.empty() || options.resume) return {};
  return checkpoints_after(options.model_prefix, options.load_epoch.value_or(0));
}

void refuse_another_runs_checkpoints(const TrainOptions& options) {
  const std::vector<std::string> others = left_by_another_run(options);
  if (others.empty() || options.overwrite) return;
  throw Error(fmt::format(
      "--model-prefix {} has checkpoints that another run has saved: {}; give --resume to go on "
      "from them, --overwrite to remove them, or another --model-prefix",
      options.model_prefix, names_of(others)));
}

}  // namespace forebay
