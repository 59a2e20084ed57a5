#include <forebay/top/json.hpp>

#include <nlohmann/json.hpp>

#include <sstream>

namespace forebay {
namespace {

using Json = nlohmann::ordered_json;

Json node_json(const NodeMeasures& node) {
  Json json{{"name", node.name},
            {"from", node.from},
            {"active", node.active},
            {"concurrency", node.concurrency},
            {"samples_per_second", node.samples_per_second},
            {"busy", node.busy},
            {"ready", node.ready},
            {"starved", node.starved},
            {"blocked", node.blocked},
            {"limited", node.limited},
            {"p50", node.p50},
            {"p99", node.p99},
            {"errors", node.errors},
            {"skipped", node.skipped}};
  if (!node.source) {
    json["queue"] = {
        {"mean", node.depth}, {"capacity", node.capacity}, {"high_water", node.high_water}};
  }
  return json;
}

Json device_json(const DeviceFacts& device) {
  Json json{{"name", device.name},
            {"busy", device.busy},
            {"memory_used", device.memory_used},
            {"memory_total", device.memory_total},
            {"samples_per_second", device.samples_per_second}};
  for (const auto& [name, figure] : kGpuFigures) {
    if (device.gpu.*figure) json["gpu"][name] = *(device.gpu.*figure);
  }
  return json;
}

Json progress_json(const ProgressFacts& progress) {
  return {{"label", progress.label},
          {"done", progress.done},
          {"total", progress.total},
          {"unit", progress.unit},
          {"figures", progress.figures}};
}

Json host_json(const HostUse& use, const HostSample& now) {
  return {{"cpu_idle", use.cpu_idle},         {"cpu_io_wait", use.cpu_io_wait},
          {"disk_read", use.disk_read},       {"disk_written", use.disk_written},
          {"process_cpus", use.process_cpus}, {"process_memory", now.process_memory},
          {"memory_used", now.memory_used},   {"memory_total", now.memory_total}};
}

Json verdict_json(const Scene& scene) {
  if (!scene.verdict) return nullptr;
  Json json{{"node", scene.verdict->bound.node},
            {"samples_per_second", scene.verdict->samples_per_second},
            {"predicted", scene.verdict->predicted},
            {"changes", Json::object()},
            {"text", Json::array()}};
  for (const SettingChange& change : scene.verdict->changes) {
    json["changes"][change.path()] = change.to;
  }
  std::istringstream sentences(describe(*scene.verdict, scene.later));
  for (std::string line; std::getline(sentences, line);) json["text"].push_back(line);
  return json;
}

}  // namespace

std::string to_json(const Scene& scene) {
  const Report& now = scene.later;
  const Measures measures = measure(scene.earlier, now);
  Json json{{"pid", now.process.pid},
            {"program", now.process.program},
            {"graph", now.run.name},
            {"running", now.run.running},
            {"elapsed", static_cast<double>(now.graph.elapsed) * 1e-9},
            {"seconds", measures.seconds},
            {"samples", now.roles.samples},
            {"samples_per_second", measures.samples_per_second},
            {"nodes", Json::array()},
            {"devices", Json::array()},
            {"host", host_json(measures.host, now.host)},
            {"progress", Json::array()},
            {"verdict", verdict_json(scene)}};
  for (const auto& node : measures.nodes) json["nodes"].push_back(node_json(node));
  for (const auto& device : now.devices) json["devices"].push_back(device_json(device));
  for (const auto& each : now.progress) json["progress"].push_back(progress_json(each));
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace forebay
