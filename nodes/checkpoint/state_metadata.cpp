#include <forebay/nodes/checkpoint/state_metadata.hpp>

#include <fmt/format.h>

#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <filesystem>

#include <forebay/graph/error.hpp>

namespace forebay::detail {
namespace {

constexpr std::string_view kSetting = "setting.";
constexpr const char *kLossScale = "loss_scale", *kGoodSteps = "loss_scale_good_steps";

const std::string& text(const Metadata& metadata, const std::string& key, const std::string& path) {
  const auto found = metadata.find(key);
  if (found == metadata.end()) {
    throw Error(fmt::format(
        "reading \"{}\": it has no \"{}\"; it is not a state file of a checkpoint", path, key));
  }
  return found->second;
}

template <typename Number>
Number number(const Metadata& metadata, const std::string& key, const std::string& path) {
  const std::string& value = text(metadata, key, path);
  Number result{};
  const auto [stop, error] = std::from_chars(value.data(), value.data() + value.size(), result);
  if (error != std::errc() || stop != value.data() + value.size()) {
    throw Error(fmt::format("reading \"{}\": its \"{}\" is \"{}\", not a number; it is damaged",
                            path, key, value));
  }
  return result;
}

// Float16's training could not leave other values by itself.
LossScaling loss_scaling(const Metadata& metadata, const std::string& path) {
  constexpr std::int64_t kSteps = LossScaling::kStepsUntilMore;
  const LossScaling read{.scale = number<float>(metadata, kLossScale, path),
                         .good_steps = number<std::int64_t>(metadata, kGoodSteps, path)};
  const auto refuse = [&](const char* key, const std::string& wanted) {
    throw Error(fmt::format("reading \"{}\": its \"{}\" is \"{}\", not {}; it is damaged", path,
                            key, text(metadata, key, path), wanted));
  };
  if (!std::isfinite(read.scale) || read.scale <= 0) refuse(kLossScale, "a number above 0");
  if (read.good_steps < 0 || read.good_steps >= kSteps) {
    refuse(kGoodSteps, fmt::format("one of 0 to {}", kSteps - 1));
  }
  return read;
}

// One multiplication per eight bytes; the rotation lets high bits reach low ones.
std::uint64_t hash(std::uint64_t state, std::span<const std::byte> bytes) {
  constexpr std::uint64_t kFactor = 0x9e3779b97f4a7c15;  // 2^64 / golden ratio, odd
  for (; bytes.size() >= 8; bytes = bytes.subspan(8)) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data(), 8);
    state = std::rotl((state ^ word) * kFactor, 29);
  }
  for (std::byte byte : bytes) {
    state = std::rotl((state ^ static_cast<std::uint64_t>(byte)) * kFactor, 29);
  }
  return state * kFactor;
}

bool belongs(const std::string& path, const Metadata& model) {
  try {
    const Metadata state = read_safetensors_metadata(path);
    return state.contains("model_checksum") && state.contains("step") &&
           state.at("model_checksum") == model.at("checksum") &&
           state.at("step") == model.at("step");
  } catch (const Error&) {
    return false;  // damaged, or not there: not the one
  }
}

}  // namespace

Metadata to_metadata(const TrainingState& state) {
  Metadata metadata{{"step", fmt::format("{}", state.step)},
                    {"epoch", fmt::format("{}", state.epoch)},
                    {"position", fmt::format("{}", state.position)}};
  for (const auto& [key, value] : state.settings) metadata[std::string(kSetting) + key] = value;
  if (state.loss_scaling) {
    metadata[kLossScale] = fmt::format("{}", state.loss_scaling->scale);
    metadata[kGoodSteps] = fmt::format("{}", state.loss_scaling->good_steps);
  }
  return metadata;
}

TrainingState to_state(const Metadata& metadata, const std::string& path) {
  TrainingState state;
  state.step = number<std::int64_t>(metadata, "step", path);
  state.epoch = number<int>(metadata, "epoch", path);
  state.position = number<std::int64_t>(metadata, "position", path);
  for (const auto& [key, value] : metadata) {
    if (key.starts_with(kSetting)) state.settings[key.substr(kSetting.size())] = value;
  }
  if (metadata.contains(kLossScale)) {
    state.loss_scaling = loss_scaling(metadata, path);
  }
  return state;
}

std::int64_t integer(const Metadata& metadata, const std::string& key, const std::string& path) {
  return number<std::int64_t>(metadata, key, path);
}

std::string checksum(std::span<const StoredTensor> tensors) {
  std::uint64_t sum = 0;
  for (const StoredTensor& tensor : tensors) {
    sum += hash(hash(tensor.bytes.size(), std::as_bytes(std::span(tensor.name))), tensor.bytes);
  }
  return fmt::format("{:016x}", sum);
}

std::string matching_state(const std::string& stem) {
  const Metadata model = read_safetensors_metadata(model_path(stem));
  const std::string path = state_path(stem);
  if (!model.contains("checksum") || !model.contains("step")) {
    throw Error(
        fmt::format("reading \"{}\": it is a model without training state; load it as a "
                    "model instead of resuming",
                    model_path(stem)));
  }
  for (const std::string& candidate : {path, AtomicFile::temporary_of(path)}) {
    if (belongs(candidate, model)) return candidate;
  }
  const bool there = std::filesystem::exists(path);
  throw Error(
      fmt::format("reading \"{}\": it is {} the model \"{}\"; resume from another checkpoint, or "
                  "{}load the model alone",
                  path, there ? "damaged or not the state of" : "missing beside", model_path(stem),
                  there ? "remove it to " : ""));
}

void complete_interrupted_save(const std::string& stem) {
  const std::string path = state_path(stem);
  const std::string temporary = AtomicFile::temporary_of(path);
  if (!std::filesystem::exists(temporary) || !std::filesystem::exists(model_path(stem))) return;
  try {
    if (matching_state(stem) != temporary) return;
  } catch (const Error&) {
    return;  // no whole pair to keep
  }
  std::error_code ignored;  // the save that follows meets the same folder, and says what is wrong
  std::filesystem::rename(temporary, path, ignored);
}

}  // namespace forebay::detail
