#include <train_imagenet/record_profile.hpp>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <optional>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <forebay/graph/inspect/host.hpp>
#include <forebay/nodes/atomic_file.hpp>
#include <forebay/nodes/sim/sim_profile.hpp>
#include <train_imagenet/devices.hpp>

namespace forebay {
namespace {

std::optional<SimProfile> present(const TrainOptions& options) {
  if (!std::filesystem::exists(options.record_profile)) return std::nullopt;
  SimProfile profile = find_sim_profile(options.record_profile);
  const std::string network = make_network(options).name;
  if (profile.network.name == network) return profile;
  throw Error(fmt::format("--record-profile is '{}', a profile of {}; give another file for {}",
                          options.record_profile, profile.network.name, network));
}

std::string processor() {
  std::ifstream cpuinfo("/proc/cpuinfo");
  for (std::string line; std::getline(cpuinfo, line);) {
    const auto colon = line.find(": ");
    if (line.starts_with("model name") && colon != line.npos) return line.substr(colon + 2);
  }
  return "CPU";
}

struct Steps {
  std::uint64_t count = 0;
  double seconds = 0;  // mean over all devices
};

Steps steps_of(const GraphSnapshot& run) {
  Steps steps;
  double busy = 0;
  for (const NodeSnapshot& node : run.nodes) {
    if (!node.name.starts_with("forward-backward[")) continue;
    steps.count += node.service.count();
    busy += static_cast<double>(node.busy) * 1e-9;
  }
  if (steps.count > 0) steps.seconds = busy / static_cast<double>(steps.count);
  return steps;
}

void set_point(SimProfile& profile, SimPoint point) {
  std::erase_if(profile.points, [&](const SimPoint& old) { return old.rows == point.rows; });
  profile.points.push_back(point);
  std::ranges::sort(profile.points, {}, &SimPoint::rows);
}

// What a step keeps whatever its rows is in proportion to the parameters; the rest is the rows'.
void set_memory(SimProfile& profile, const SessionResult& result, std::size_t rows,
                std::size_t devices) {
  constexpr double kCopies = 3;  // weights, gradients, momentum
  const double planned = static_cast<double>(result.planned_bytes) / static_cast<double>(devices);
  profile.device_bytes =
      static_cast<double>(sample_host().memory_total) / static_cast<double>(devices);
  profile.fixed_bytes = std::min(kCopies * 4 * profile.network.parameters, planned / 2);
  profile.row_bytes = (planned - profile.fixed_bytes) / static_cast<double>(rows);
}

}  // namespace

void check_record(const TrainOptions& options) { static_cast<void>(present(options)); }

std::string record_profile(const TrainOptions& options, const SessionResult& result) {
  const std::size_t rows = rows_per_device(options), devices = options.devices.size();
  const Steps steps = steps_of(result.last_epoch);
  if (steps.count == 0) {
    throw Error(fmt::format("--record-profile {}: no step was trained; train one epoch or more",
                            options.record_profile));
  }
  SimProfile profile = present(options).value_or(SimProfile());
  profile.name = fmt::format("{} x {}", threads_per_replica(options), processor());
  profile.network = sim_network(make_network(options));
  set_point(profile, {rows, steps.seconds});
  set_memory(profile, result, rows, devices);
  profile.source.push_back(
      fmt::format("{} images on each of {} devices: the mean of {} steps that train_imagenet "
                  "measured on {:%Y-%m-%d}; memory: its plan, 3 values for each parameter and the "
                  "rest for the rows; link: none, gradients are added up in the host's memory",
                  rows, devices, steps.count, fmt::gmtime(std::time(nullptr))));
  AtomicFile file(options.record_profile);
  file.append(to_json(profile));
  file.commit();
  return fmt::format("Saved the profile of {} to \"{}\": {} images take {:.1f} ms", profile.name,
                     options.record_profile, rows, 1e3 * steps.seconds);
}

}  // namespace forebay
