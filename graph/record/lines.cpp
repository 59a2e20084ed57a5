#include <forebay/graph/record/lines.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ranges>
#include <utility>

#include <forebay/graph/error.hpp>
#include <forebay/graph/record/bound_json.hpp>

namespace forebay {

using Json = nlohmann::json;

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(RecordedStart, time, host, cpus, cpus_usable, program, command)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(RecordedNode, name, kind, inputs, concurrency, queue,
                                   queue_bytes)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(RecordedGraph, name, samples, nodes)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(RecordedDevice, name, memory)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(RecordedProgress, label, unit, total, figures, means)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(RecordedVerdict, time, graph, bound, samples_per_second,
                                   predicted, text)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(SettingChange, node, setting, from, to)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(RecordedChange, time, graph, change)

namespace detail {
namespace {

constexpr const char* kVersion = "forebay recording";
constexpr std::size_t kNodeNumbers = 6, kDeviceNumbers = 3, kGpuNumbers = 4, kHostNumbers = 5;

std::string line(const Json& json) {
  // Names may be any bytes; what is no UTF-8 is replaced.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
}

// In few characters: so many digits, and no ".0".
Json number(double value, const char* format = "%.4g") {
  if (!std::isfinite(value)) return 0;
  char text[32];
  std::snprintf(text, sizeof text, format, value);
  const double rounded = std::strtod(text, nullptr);
  if (rounded == std::trunc(rounded) && std::abs(rounded) < 1e15) {
    return static_cast<std::int64_t>(rounded);
  }
  return rounded;
}

Json time_json(double time) { return number(time, "%.2f"); }

Json node_numbers(const std::vector<NodeStep>& nodes) {
  Json numbers = Json::array();
  for (const NodeStep& node : nodes) {
    numbers.push_back(number(static_cast<double>(node.items_per_second)));
    for (const int share : {node.fill, node.busy, node.ready, node.starved, node.blocked}) {
      numbers.push_back(share);
    }
  }
  return numbers;
}

Json device_numbers(const std::vector<DeviceStep>& devices) {
  Json numbers = Json::array();
  for (const DeviceStep& device : devices) {
    numbers.push_back(device.busy);
    numbers.push_back(device.memory);
    numbers.push_back(number(static_cast<double>(device.samples_per_second)));
  }
  return numbers;
}

// Null for what is not known; empty where nothing is.
Json gpu_numbers(const std::vector<DeviceStep>& devices) {
  Json numbers = Json::array();
  bool any = false;
  for (const auto& [busy, memory, power, clock] :
       devices | std::views::transform(&DeviceStep::gpu)) {
    for (const float value : {busy, memory, power, clock}) {
      const bool known = std::isfinite(value);
      numbers.push_back(known ? number(static_cast<double>(value)) : Json());
      any = any || known;
    }
  }
  return any ? numbers : Json::array();
}

Json host_numbers(const HostUse& use) {
  return {number(use.cpu_idle, "%.3g"), number(use.cpu_io_wait, "%.3g"),
          number(use.disk_read, "%.3g"), number(use.disk_written, "%.3g"),
          number(use.process_cpus, "%.3g")};
}

Json told_numbers(const std::vector<std::vector<double>>& told) {
  Json all = Json::array();
  for (const std::vector<double>& numbers : told) {
    Json row = Json::array();
    for (const double value : numbers) row.push_back(number(value, row.empty() ? "%.15g" : "%.5g"));
    all.push_back(std::move(row));
  }
  return all;
}

std::vector<NodeStep> nodes_of(const Json& numbers, std::size_t count) {
  if (numbers.size() != count * kNodeNumbers) throw Error("its graph has another number of nodes");
  std::vector<NodeStep> nodes(count);
  auto next = numbers.begin();
  for (NodeStep& node : nodes) {
    node.items_per_second = (next++)->get<float>();
    for (std::uint8_t* share :
         {&node.fill, &node.busy, &node.ready, &node.starved, &node.blocked}) {
      *share = (next++)->get<std::uint8_t>();
    }
  }
  return nodes;
}

std::vector<DeviceStep> devices_of(const Json& numbers) {
  std::vector<DeviceStep> devices(numbers.size() / kDeviceNumbers);
  auto next = numbers.begin();
  for (DeviceStep& device : devices) {
    device.busy = (next++)->get<std::uint8_t>();
    device.memory = (next++)->get<std::uint8_t>();
    device.samples_per_second = (next++)->get<float>();
  }
  return devices;
}

void read_gpus(const Json& numbers, std::vector<DeviceStep>& devices) {
  if (numbers.size() != devices.size() * kGpuNumbers) throw Error("it has other devices");
  auto next = numbers.begin();
  for (auto& [busy, memory, power, clock] : devices | std::views::transform(&DeviceStep::gpu)) {
    for (float* value : {&busy, &memory, &power, &clock}) {
      if (const Json& number = *next++; !number.is_null()) number.get_to(*value);
    }
  }
}

std::vector<std::pair<std::size_t, std::uint64_t>> errors_of(const Json& json, std::size_t nodes) {
  std::vector<std::pair<std::size_t, std::uint64_t>> errors;
  json.get_to(errors);
  for (const auto& [node, count] : errors) {
    if (node >= nodes) throw Error("its errors are of a node that its graph does not have");
  }
  return errors;
}

std::vector<std::vector<double>> told_of(const Json& json,
                                         const std::vector<RecordedProgress>& shapes) {
  std::vector<std::vector<double>> told;
  json.get_to(told);
  const bool fits = std::ranges::equal(told, shapes, [](const auto& row, const auto& shape) {
    return row.size() == 1 + shape.figures.size();
  });
  if (!fits) throw Error("its progress is another one");
  return told;
}

HostUse host_of(const Json& numbers) {
  const auto all = numbers.get<std::array<double, kHostNumbers>>();
  return {all[0], all[1], all[2], all[3], all[4]};
}

void check_version(int version) {
  if (version == kRecordingVersion) return;
  throw Error("it is of version " + std::to_string(version) + ", and this program reads version " +
              std::to_string(kRecordingVersion) + "; use the program that is as new as the file");
}

// Its place among those of `recording`, to which it is added where there is none like it.
std::size_t place_of(RecordedGraph graph, Recording& recording) {
  auto& all = recording.graphs;
  const auto known =
      std::ranges::find_if(all, [&](const RecordedGraph& each) { return same_shape(each, graph); });
  const auto place = static_cast<std::size_t>(known - all.begin());
  if (known == all.end()) all.emplace_back();
  all[place] = std::move(graph);
  return place;
}

void apply(const SettingChange& change, RecordedGraph& graph) {
  for (RecordedNode& node : graph.nodes) {
    if (node.name != change.node) continue;
    if (change.setting == "concurrency") node.concurrency = change.to;
    if (change.setting == "queue") node.queue = change.to;
    if (change.setting == "queue_bytes") node.queue_bytes = change.to;
  }
}

RecordedStep step_of(const Json& json, const Recording& recording,
                     const std::vector<std::size_t>& graphs, std::size_t first_progress) {
  RecordedStep step;
  const Json& head = json.at("step");
  step.time = head.at(0).get<double>();
  step.seconds = head.at(1).get<double>();
  step.host = host_of(json.at("host"));
  step.devices = devices_of(json.at("devices"));
  if (json.contains("gpus")) read_gpus(json.at("gpus"), step.devices);
  if (json.contains("graph")) {
    step.graph = graphs.at(json.at("graph").get<std::size_t>());
    step.samples = head.at(2).get<double>();
    step.nodes = nodes_of(json.at("nodes"), recording.graphs[*step.graph].nodes.size());
    step.ends = json.value("ends", false);
    if (json.contains("errors")) step.errors = errors_of(json.at("errors"), step.nodes.size());
  }
  if (json.contains("progress")) {
    step.progress = first_progress + json.at("progress").get<std::size_t>();
    step.told = told_of(json.at("told"), recording.progress.at(*step.progress));
  }
  return step;
}

}  // namespace

std::string line_of(const RecordedStart& start) {
  return line({{kVersion, kRecordingVersion}, {"start", start}});
}

std::string line_of(const RecordedGraph& graph) { return line({{"graph", graph}}); }

std::string line_of(const std::vector<RecordedDevice>& devices) {
  return line({{"devices", devices}});
}

std::string line_of(const std::vector<RecordedProgress>& progress) {
  return line({{"progress", progress}});
}

std::string line_of(const RecordedStep& step) {
  Json json{{"host", host_numbers(step.host)}, {"devices", device_numbers(step.devices)}};
  if (Json gpus = gpu_numbers(step.devices); !gpus.empty()) json["gpus"] = std::move(gpus);
  Json head = {time_json(step.time), number(step.seconds)};
  if (step.graph) {
    head.push_back(number(step.samples, "%.15g"));
    json["graph"] = *step.graph;
    json["nodes"] = node_numbers(step.nodes);
    if (step.ends) json["ends"] = true;
    if (!step.errors.empty()) json["errors"] = step.errors;
  }
  if (step.progress) {
    json["progress"] = *step.progress;
    json["told"] = told_numbers(step.told);
  }
  json["step"] = std::move(head);
  return line(json);
}

std::string line_of(const RecordedChange& change) { return line({{"change", change}}); }

std::string line_of(const RecordedVerdict& verdict) { return line({{"verdict", verdict}}); }

bool same_shape(const RecordedGraph& a, const RecordedGraph& b) {
  return a.name == b.name && std::ranges::equal(a.nodes, b.nodes, [](const auto& x, const auto& y) {
           return x.name == y.name && x.inputs == y.inputs;
         });
}

void LineReader::read(std::string_view text) {
  const Json json = Json::parse(text);
  if (!json.is_object()) throw Error("it is no JSON object");
  if (json.contains(kVersion)) {
    check_version(json.at(kVersion).get<int>());
    recording_.starts.push_back(json.at("start").get<RecordedStart>());
    graphs_.clear();
    first_progress_ = recording_.progress.size();
  } else if (json.contains("step")) {
    recording_.steps.push_back(step_of(json, recording_, graphs_, first_progress_));
  } else if (json.contains("graph")) {
    graphs_.push_back(place_of(json.at("graph").get<RecordedGraph>(), recording_));
  } else if (json.contains("devices")) {
    json.at("devices").get_to(recording_.devices);
  } else if (json.contains("progress")) {
    json.at("progress").get_to(recording_.progress.emplace_back());
  } else if (json.contains("change")) {
    RecordedChange change = json.at("change").get<RecordedChange>();
    change.graph = graphs_.at(change.graph);
    apply(change.change, recording_.graphs[change.graph]);
    recording_.changes.push_back(std::move(change));
  } else if (json.contains("verdict")) {
    RecordedVerdict verdict = json.at("verdict").get<RecordedVerdict>();
    verdict.graph = graphs_.at(verdict.graph);
    recording_.verdicts.push_back(std::move(verdict));
  }
}

}  // namespace detail
}  // namespace forebay
