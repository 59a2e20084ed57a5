#include <nlohmann/json.hpp>

#include <forebay/graph/error.hpp>
#include <forebay/graph/inspect/report.hpp>

namespace forebay {

using Json = nlohmann::json;

// [[bucket, count], ...] for buckets that are not empty, with the usual quantiles for who reads it
// by eye.
void to_json(Json& json, const Histogram& histogram) {
  Json buckets = Json::array();
  const auto& counts = histogram.counts();
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] != 0) buckets.push_back({i, counts[i]});
  }
  json = {{"count", histogram.count()},
          {"p50", histogram.quantile(0.5)},
          {"p95", histogram.quantile(0.95)},
          {"p99", histogram.quantile(0.99)},
          {"buckets", std::move(buckets)}};
}

void from_json(const Json& json, Histogram& histogram) {
  Histogram::Counts counts{};
  for (const Json& bucket : json.value("buckets", Json::array())) {
    counts.at(bucket.at(0).get<std::size_t>()) = bucket.at(1).get<std::uint64_t>();
  }
  histogram = Histogram(counts);
}

NLOHMANN_JSON_SERIALIZE_ENUM(Order, {{Order::kAny, "any"}, {Order::kInOrder, "in order"}})

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(QueueSnapshot, from, depth, capacity, first,
                                                high_water, bytes, capacity_bytes, high_water_bytes,
                                                depth_time, level_time)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(NodeSnapshot, name, kind, helps, inputs, outputs,
                                                concurrency, per_item, order, serial, fixed, active,
                                                own_threads, ended, items_in, items_out, errors,
                                                skipped, metered, busy, ready, starved, blocked,
                                                limited, cpu, service)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(GraphSnapshot, name, time, elapsed, threads, nodes)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(ProcessFacts, pid, program, command)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(RunFacts, name, number, running, since)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(ProcessRuns, process, runs)
// Those that are known.
void to_json(Json& json, const GpuFigures& figures) {
  json = Json::object();
  for (const auto& [name, figure] : kGpuFigures) {
    if (figures.*figure) json[name] = *(figures.*figure);
  }
}

void from_json(const Json& json, GpuFigures& figures) {
  for (const auto& [name, figure] : kGpuFigures) {
    if (json.contains(name)) figures.*figure = json.at(name).get<double>();
  }
}

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(DeviceFacts, name, busy, memory_used, memory_total,
                                                samples_per_second, pci, gpu)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(ProgressFacts, label, done, total, unit, figures,
                                                means)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(NodeRoles, devices, all_reduce, samples)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(HostSample, time, cpus, cpus_usable, cpu_total,
                                                cpu_idle, cpu_io_wait, disk_read, disk_written,
                                                memory_used, memory_total, process_cpu,
                                                process_memory)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Report, process, run, graph, roles, devices,
                                                progress, host)

namespace {

template <typename T>
std::string write(const T& value) {
  // Names may be any bytes; what is no UTF-8 is replaced.
  return Json(value).dump(-1, ' ', false, Json::error_handler_t::replace);
}

template <typename T>
T read(std::string_view json) {
  try {
    return Json::parse(json).get<T>();
  } catch (const std::exception& error) {
    throw Error(std::string("this is not what a graph's inspection says: ") + error.what());
  }
}

}  // namespace

std::string to_json(const GraphSnapshot& snapshot) { return write(snapshot); }
std::string to_json(const ProcessRuns& runs) { return write(runs); }
std::string to_json(const Report& report) { return write(report); }
GraphSnapshot snapshot_from_json(std::string_view json) { return read<GraphSnapshot>(json); }
ProcessRuns runs_from_json(std::string_view json) { return read<ProcessRuns>(json); }
Report report_from_json(std::string_view json) { return read<Report>(json); }

}  // namespace forebay
