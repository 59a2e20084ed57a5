#include <forebay/graph/record/run_lines.hpp>

#include <unistd.h>

#include <algorithm>
#include <ranges>
#include <utility>

#include <forebay/graph/record/lines.hpp>

namespace forebay::detail {
namespace {

double seconds(std::int64_t nanoseconds) { return static_cast<double>(nanoseconds) * 1e-9; }

std::string host_name() {
  char name[256] = "";
  gethostname(name, sizeof name - 1);
  return name;
}

RecordedNode node_of(const NodeSnapshot& node) {
  RecordedNode result{node.name, node.kind, {}, node.concurrency, 0, 0};
  for (const QueueSnapshot& queue : node.inputs) {
    result.inputs.push_back(queue.from);
    result.queue = queue.capacity;
    result.queue_bytes = queue.capacity_bytes;
  }
  return result;
}

RecordedGraph graph_in(const Report& report) {
  RecordedGraph graph{report.graph.name, report.roles.samples, {}};
  if (graph.samples.empty()) graph.samples = "items";
  for (const NodeSnapshot& node : report.graph.nodes | std::views::take(kMostStepNodes)) {
    graph.nodes.push_back(node_of(node));
  }
  return graph;
}

std::vector<SettingChange> changes_between(const RecordedNode& before, const RecordedNode& now) {
  std::vector<SettingChange> changes;
  const auto compare = [&](const char* setting, std::size_t from, std::size_t to) {
    if (from != to) changes.push_back({now.name, setting, from, to});
  };
  compare("concurrency", before.concurrency, now.concurrency);
  compare("queue", before.queue, now.queue);
  compare("queue_bytes", before.queue_bytes, now.queue_bytes);
  return changes;
}

RecordedProgress shape_of(const ProgressFacts& facts) {
  RecordedProgress shape{facts.label, facts.unit, facts.total, {}, facts.means};
  for (const auto& [name, figure] : facts.figures) shape.figures.push_back(name);
  return shape;
}

const NodeSnapshot* main_source(const GraphSnapshot& graph) {
  const auto source = std::ranges::find_if(
      graph.nodes, [](const NodeSnapshot& node) { return node.inputs.empty(); });
  return source == graph.nodes.end() ? nullptr : &*source;
}

double sent_by_source(const Report& report) {
  const NodeSnapshot* source = main_source(report.graph);
  return source == nullptr ? 0 : static_cast<double>(source->items_out);
}

}  // namespace

std::string RunLines::start(const Report& report, double now) {
  last_time_ = now;
  host_ = report.host;
  if (report.run.running) last_ = report;
  return line_of(RecordedStart{now, host_name(), report.host.cpus, report.host.cpus_usable,
                               report.process.program, report.process.command});
}

std::string RunLines::step(const Report& report, double now) {
  const bool of_graph = report.run.number != 0;
  if (of_graph && !is_news(report)) return "";
  std::string lines;
  RecordedStep step;
  step.time = now;
  step.seconds = std::max(0.0, now - last_time_);
  step.host = use_between(host_, report.host);
  tell_devices(report, step, lines);
  tell_progress(report, step, lines);
  if (of_graph) tell_graph(report, step, lines);
  lines += line_of(step);
  last_time_ = now;
  host_ = report.host;
  if (of_graph) {
    last_ = report;
    tell_verdict(report, step, lines);
  }
  return lines;
}

void RunLines::tell_devices(const Report& report, RecordedStep& step, std::string& lines) {
  std::vector<RecordedDevice> devices;
  for (const DeviceFacts& device : report.devices | std::views::take(kMostStepDevices)) {
    devices.push_back({device.name, device.memory_total});
  }
  step.devices = device_steps(report);
  if (devices == devices_) return;
  lines += line_of(devices);
  devices_ = std::move(devices);
}

void RunLines::tell_progress(const Report& report, RecordedStep& step, std::string& lines) {
  if (report.progress.empty()) return;
  std::vector<RecordedProgress> shapes;
  for (const ProgressFacts& facts : report.progress) {
    shapes.push_back(shape_of(facts));
    step.told.push_back({facts.done});
    for (const auto& [name, figure] : facts.figures) step.told.back().push_back(figure);
  }
  if (shapes != progress_) {
    lines += line_of(shapes);
    progress_ = std::move(shapes);
    progress_number_ = progress_number_ ? *progress_number_ + 1 : 0;
  }
  step.progress = progress_number_;
}

// The end of a run comes after all else of it; that of one beside the longest running is not told.
bool RunLines::is_news(const Report& report) const {
  if (!last_) return true;
  if (!goes_on(report)) return report.run.running || !last_->run.running;
  return last_->run.running && report.graph.time > last_->graph.time;
}

bool RunLines::goes_on(const Report& report) const {
  return last_ && last_->run.number == report.run.number;
}

void RunLines::tell_graph(const Report& report, RecordedStep& step, std::string& lines) {
  const Report earlier = goes_on(report) ? *last_ : at_begin(report);
  step.seconds = seconds(report.graph.time - earlier.graph.time);
  step.graph = graph_of(report, step.time, lines);
  step.ends = !report.run.running;
  step.samples = samples_done(report);
  step.nodes = node_steps(earlier, report);
  for (std::size_t i = 0; i < step.nodes.size(); ++i) {
    const std::uint64_t errors = report.graph.nodes[i].errors - earlier.graph.nodes[i].errors;
    if (errors > 0) step.errors.emplace_back(i, errors);
  }
}

// By what the program says is done; where it says nothing, by what the first source sends.
double RunLines::samples_done(const Report& report) const {
  const double sent = sent_by_source(report);
  if (report.progress.empty()) return sent - (goes_on(report) ? sent_by_source(*last_) : 0);
  const ProgressFacts& now = report.progress.front();
  if (goes_on(report) && !last_->progress.empty() && last_->progress.front().label == now.label) {
    return now.done - last_->progress.front().done;
  }
  // A run that was resumed begins with some done.
  return now.unit == report.roles.samples ? std::min(now.done, sent) : now.done;
}

std::size_t RunLines::graph_of(const Report& report, double now, std::string& lines) {
  RecordedGraph graph = graph_in(report);
  const auto known = std::ranges::find_if(
      graphs_, [&](const RecordedGraph& each) { return same_shape(each, graph); });
  const auto number = static_cast<std::size_t>(known - graphs_.begin());
  if (known == graphs_.end()) {
    lines += line_of(graph);
    graphs_.push_back(std::move(graph));
    told_.push_back(last_time_);
    return number;
  }
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    for (const SettingChange& change : changes_between(known->nodes[i], graph.nodes[i])) {
      lines += line_of(RecordedChange{now, number, change});
    }
  }
  known->nodes = std::move(graph.nodes);
  return number;
}

void RunLines::tell_verdict(const Report& report, const RecordedStep& step, std::string& lines) {
  verdicts_->add(report);
  const auto found = verdicts_->verdict(report, step.time);
  if (!found || found->time <= told_[*step.graph]) return;
  told_[*step.graph] = found->time;
  lines += line_of(RecordedVerdict{found->time, *step.graph, found->verdict.bound,
                                   found->verdict.samples_per_second, found->verdict.predicted,
                                   found->text});
}

}  // namespace forebay::detail
