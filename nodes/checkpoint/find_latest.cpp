#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <filesystem>
#include <limits>
#include <optional>
#include <tuple>
#include <utility>

#include <forebay/graph/error.hpp>
#include <forebay/nodes/atomic_file.hpp>
#include <forebay/nodes/checkpoint/checkpoint.hpp>
#include <forebay/nodes/checkpoint/state_metadata.hpp>

namespace forebay {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kInterrupted = "interrupted";
constexpr std::string_view kSuffix = ".safetensors";

fs::path folder_of(const std::string& prefix) {
  const fs::path folder = fs::path(prefix).parent_path();
  return folder.empty() ? fs::path(".") : folder;
}

// The part of a model file's name between "PREFIX-" and ".safetensors", or nothing for other files.
std::optional<std::string> tag_of(const std::string& file, const std::string& base) {
  if (!file.starts_with(base + "-") || !file.ends_with(kSuffix)) return std::nullopt;
  if (file.size() <= base.size() + 1 + kSuffix.size()) return std::nullopt;
  std::string tag = file.substr(base.size() + 1, file.size() - base.size() - 1 - kSuffix.size());
  const bool epoch = tag.size() >= 4 &&
                     std::ranges::all_of(tag, [](unsigned char c) { return std::isdigit(c) != 0; });
  if (!epoch && tag != kInterrupted) return std::nullopt;
  return tag;
}

// By epoch, the interrupted one last.
std::vector<std::string> stems_of(const std::string& prefix) {
  const std::string base = fs::path(prefix).filename().string();
  std::error_code error;
  fs::directory_iterator files(folder_of(prefix), error);
  if (error == std::errc::no_such_file_or_directory) return {};
  std::vector<std::string> stems;
  for (; !error && files != fs::directory_iterator(); files.increment(error)) {
    const auto tag = tag_of(files->path().filename().string(), base);
    if (tag) stems.push_back(prefix + "-" + *tag);
  }
  if (error) {
    throw system_error(fmt::format("looking for checkpoints \"{}-*\"", prefix), error.value());
  }
  std::ranges::sort(stems, {},
                    [](const std::string& stem) { return std::pair(stem.size(), stem); });
  return stems;
}

// An interrupted run is inside the epoch after those that it has finished. One that does not say
// how many these are counts as being far.
bool is_after(const std::string& stem, const std::string& prefix, int epoch) {
  if (stem != interrupted_stem(prefix)) {
    int own = std::numeric_limits<int>::max();
    std::from_chars(&stem[prefix.size() + 1], stem.data() + stem.size(), own);
    return own > epoch;
  }
  try {
    const std::string path = model_path(stem);
    return detail::integer(read_safetensors_metadata(path), "epoch", path) >= epoch;
  } catch (const Error&) {
    return true;
  }
}

}  // namespace

std::string checkpoint_stem(const std::string& prefix, int epoch) {
  return fmt::format("{}-{:04d}", prefix, epoch);
}

std::string interrupted_stem(const std::string& prefix) {
  return fmt::format("{}-{}", prefix, kInterrupted);
}

void check_writable(const std::string& prefix) {
  const auto fail = [&](const std::string& why) {
    throw Error(fmt::format("checkpoints \"{}-*\" cannot be saved: {}; choose another prefix",
                            prefix, why));
  };
  std::error_code error;
  fs::create_directories(folder_of(prefix), error);
  if (error) fail(error.message());
  try {
    AtomicFile probe(prefix + "-probe");
    const std::byte byte{0};
    probe.append({&byte, 1});
    probe.sync();
  } catch (const Error& e) {
    fail(e.what());
  }
}

std::vector<std::string> checkpoints_after(const std::string& prefix, int epoch) {
  std::vector<std::string> after;
  for (const std::string& stem : stems_of(prefix)) {
    if (is_after(stem, prefix, epoch)) after.push_back(stem);
  }
  return after;
}

LatestCheckpoint find_latest(const std::string& prefix) {
  LatestCheckpoint latest;
  bool latest_ends_epoch = false;
  for (const std::string& stem : stems_of(prefix)) {
    try {
      const std::string state = detail::matching_state(stem);
      const std::int64_t step = detail::integer(read_safetensors_metadata(state), "step", state);
      const bool ends_epoch = stem != interrupted_stem(prefix);
      if (latest.stem.empty() ||
          std::tie(step, ends_epoch) > std::tie(latest.step, latest_ends_epoch)) {
        latest.stem = stem;
        latest.step = step;
        latest_ends_epoch = ends_epoch;
      }
    } catch (const Error& e) {
      latest.passed_over.emplace_back(e.what());
    }
  }
  return latest;
}

}  // namespace forebay
