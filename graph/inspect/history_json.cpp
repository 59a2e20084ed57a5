#include <forebay/graph/inspect/history_json.hpp>

#include <nlohmann/json.hpp>

#include <cstdio>
#include <string>

#include <forebay/graph/inspect/report.hpp>

namespace forebay::detail {
namespace {

using Json = nlohmann::json;

void add(std::string& row, double value, const char* format = "%.4g") {
  char text[32];
  const int size = std::snprintf(text, sizeof text, format, value);
  if (row.back() != '[' && row.back() != ':') row += ',';
  row.append(text, static_cast<std::size_t>(size));
}

std::string row_of(const GraphStep& step) {
  std::string row = "[";
  add(row, step.time, "%.2f");
  for (const NodeStep& node : step.nodes) {
    add(row, static_cast<double>(node.items_per_second));
    for (const int share : {node.fill, node.busy, node.ready, node.starved, node.blocked}) {
      add(row, share);
    }
  }
  return row += ']';
}

std::string row_of(const ProcessStep& step) {
  std::string row = "[";
  add(row, step.time, "%.2f");
  for (const double value : {step.host.cpu_idle, step.host.cpu_io_wait, step.host.disk_read,
                             step.host.disk_written, step.host.process_cpus}) {
    add(row, value);
  }
  for (const DeviceStep& device : step.devices) {
    add(row, device.busy);
    add(row, device.memory);
    add(row, static_cast<double>(device.samples_per_second));
  }
  return row += ']';
}

template <typename Step>
std::string rows_after(const std::deque<Step>& steps, double after) {
  std::string rows = "[";
  for (const Step& step : steps) {
    if (step.time <= after) continue;
    if (rows.size() > 1) rows += ',';
    rows += row_of(step);
  }
  return rows += ']';
}

Json changes_of(const std::vector<SettingChange>& changes) {
  Json all = Json::array();
  for (const SettingChange& change : changes) {
    all.push_back({{"path", change.path()}, {"from", change.from}, {"to", change.to}});
  }
  return all;
}

Json verdict_of(const std::optional<TimedVerdict>& timed) {
  if (!timed) return nullptr;
  const Verdict& verdict = timed->verdict;
  return {{"time", timed->time},
          {"node", verdict.bound.node},
          {"text", timed->text},
          {"changes", changes_of(verdict.changes)},
          {"samples_per_second", verdict.samples_per_second},
          {"predicted", verdict.predicted},
          {"next_node", verdict.next.node}};
}

std::string text_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string to_json(const History& history, const GraphHistory& graph, double after, double now) {
  std::string out = "{\"time\":";
  add(out, now, "%.2f");
  out += ",\"graphs\":" + text_of(history.names());
  out += ",\"verdict\":" + text_of(verdict_of(history.verdict(graph, now)));
  out += ",\"report\":" + to_json(graph.last);
  out += ",\"steps\":" + rows_after(graph.steps, after);
  out += ",\"process\":" + rows_after(history.process(), after);
  return out += '}';
}

}  // namespace forebay::detail
