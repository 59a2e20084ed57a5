#pragma once

// Which checkpoint a run goes on from, and whether its settings and its prefix allow that.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <train_imagenet/options.hpp>

namespace forebay {

/// Flags and other settings by name, with their values as the command line has them.
using Settings = std::map<std::string, std::string>;

/// All that decides the weights a run ends with, except the number of threads. `images` are those
/// of an epoch, `data` says which they are.
Settings deciding_settings(const TrainOptions& options, std::uint64_t images,
                           const std::string& data);

/// What the checkpoint was saved with that --resume goes on from.
struct SavedSettings {
  std::string stem;
  Settings settings;
};

/// None without --resume, or where there is no checkpoint yet.
std::optional<SavedSettings> settings_to_resume(const TrainOptions& options);

/// "--lr 0.1, not 0.2; --wd 0, not 0.0001": what `saved` has and `now` has otherwise. Empty where
/// they agree.
std::string difference(const Settings& saved, const Settings& now);

/// "m-0003.safetensors", or the first and the last of several. `stems` is not empty.
std::string names_of(const std::vector<std::string>& stems);

/// Checkpoints under the prefix that a run which does not resume would leave beside its own:
/// --resume would take them for its own later.
std::vector<std::string> left_by_another_run(const TrainOptions& options);

/// Throws `Error` where there are any and --overwrite is not given.
void refuse_another_runs_checkpoints(const TrainOptions& options);

}  // namespace forebay
