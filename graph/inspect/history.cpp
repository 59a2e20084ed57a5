#include <forebay/graph/inspect/history.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <set>
#include <utility>

#include <forebay/graph/error.hpp>

namespace forebay::detail {
namespace {

constexpr double kMarkEvery = 6, kMarksLast = 30, kShortestStep = 0.5;  // seconds
constexpr double kLookAgain = 10, kShortestLook = 2, kCostShare = 0.01;
constexpr std::size_t kMostMarks = 5;

std::uint8_t percent(double share) {
  if (!(share > 0)) return 0;
  return static_cast<std::uint8_t>(std::lround(100 * std::min(1.0, share)));
}

double seconds(std::int64_t nanoseconds) { return static_cast<double>(nanoseconds) * 1e-9; }

double mean_fill(const QueueSnapshot& queue, double elapsed) {
  return seconds(queue.depth_time) /
         (elapsed * static_cast<double>(std::max<std::size_t>(1, queue.capacity)));
}

NodeStep step_of(const NodeSnapshot& node, double elapsed) {
  NodeStep step;
  step.items_per_second = static_cast<float>(static_cast<double>(node.items_out) / elapsed);
  double fill = 0;
  for (const QueueSnapshot& queue : node.inputs) fill = std::max(fill, mean_fill(queue, elapsed));
  step.fill = percent(fill);
  const auto all = static_cast<double>(node.busy + node.ready + node.starved + node.blocked);
  const auto share = [&](std::int64_t time) {
    return all > 0 ? percent(static_cast<double>(time) / all) : std::uint8_t{0};
  };
  step.busy = share(node.busy);
  step.ready = share(node.ready);
  step.starved = share(node.starved);
  step.blocked = share(node.blocked);
  return step;
}

GraphStep step_between(const Report& earlier, const Report& later, double now) {
  GraphStep step{now, {}};
  const GraphSnapshot difference = later.graph - earlier.graph;
  const double elapsed = seconds(difference.elapsed);
  const std::size_t count = std::min(difference.nodes.size(), History::kMostNodes);
  for (std::size_t i = 0; i < count; ++i) {
    step.nodes.push_back(step_of(difference.nodes[i], elapsed));
  }
  return step;
}

DeviceStep step_of(const DeviceFacts& device) {
  const double memory = device.memory_total > 0 ? static_cast<double>(device.memory_used) /
                                                      static_cast<double>(device.memory_total)
                                                : 0;
  return {percent(device.busy), percent(memory), static_cast<float>(device.samples_per_second)};
}

template <typename Step>
void keep(std::deque<Step>& steps, Step step) {
  while (!steps.empty() && (steps.front().time < step.time - History::kSeconds ||
                            steps.size() >= static_cast<std::size_t>(History::kSeconds))) {
    steps.pop_front();
  }
  steps.push_back(std::move(step));
}

double age(const Report& report) { return seconds(report.graph.elapsed); }

bool same_nodes(const GraphSnapshot& a, const GraphSnapshot& b) {
  return std::ranges::equal(a.nodes, b.nodes, {}, &NodeSnapshot::name, &NodeSnapshot::name);
}

void keep_marks(GraphHistory& graph, const Report& report) {
  auto& marks = graph.marks;
  if (!marks.empty() && marks.front().run.number != report.run.number) marks.clear();
  if (!marks.empty() && age(report) - age(marks.back()) < kMarkEvery) return;
  if (age(report) < kShortestLook) return;
  while (marks.size() >= kMostMarks) marks.pop_front();
  while (!marks.empty() && age(marks.front()) < age(report) - kMarksLast) marks.pop_front();
  marks.push_back(report);
}

}  // namespace

void History::step(double now) {
  step_process(now);
  std::set<std::string> names;
  for (const RunFacts& run : registry_.runs().runs) names.insert(run.name);
  for (const std::string& name : names) {
    try {
      step_graph(registry_.report(name), now);
    } catch (const Error&) {  // it has ended just now
    }
  }
}

void History::step_process(double now) {
  const Report report = registry_.process_report();
  if (host_.time > 0) {
    ProcessStep step{now, use_between(host_, report.host), {}};
    const std::size_t devices = std::min(report.devices.size(), kMostDevices);
    for (std::size_t i = 0; i < devices; ++i) step.devices.push_back(step_of(report.devices[i]));
    keep(process_, std::move(step));
  }
  host_ = report.host;
}

GraphHistory& History::graph_of(const Report& report) {
  const auto known = std::ranges::find(graphs_, report.run.name,
                                       [](const auto& each) { return each.last.run.name; });
  if (known != graphs_.end()) {
    graphs_.splice(graphs_.end(), graphs_, known);
    if (!same_nodes(known->last.graph, report.graph)) *known = {at_begin(report), {}, {}, {}};
    return *known;
  }
  if (graphs_.size() == kMostGraphs) graphs_.pop_front();
  return graphs_.emplace_back(GraphHistory{at_begin(report), {}, {}, {}});
}

void History::step_graph(Report report, double now) {
  GraphHistory& graph = graph_of(report);
  const bool is_new = graph.last.run.number != report.run.number;
  const Report earlier = is_new ? at_begin(report) : graph.last;
  const double elapsed = seconds(report.graph.time - earlier.graph.time);
  if (elapsed < kShortestStep && report.run.running && !is_new) return;
  if (elapsed >= kShortestStep) keep(graph.steps, step_between(earlier, report, now));
  keep_marks(graph, report);
  graph.last = std::move(report);
}

GraphHistory* History::find(const std::optional<std::string>& name) {
  GraphHistory* found = nullptr;
  for (GraphHistory& each : graphs_) {
    if (name && each.last.run.name != *name) continue;
    if (found == nullptr || each.steps.size() >= found->steps.size()) found = &each;
  }
  return found;
}

std::vector<std::string> History::names() const {
  std::vector<std::string> names;
  for (const GraphHistory& each : graphs_) names.push_back(each.last.run.name);
  std::ranges::sort(names);
  return names;
}

const std::optional<TimedVerdict>& History::verdict(GraphHistory& graph, double now) {
  const auto is_fresh = [now](const TimedVerdict& verdict) {
    return now - verdict.time < std::max(kLookAgain, verdict.cost / kCostShare);
  };
  if (age(graph.last) < kShortestLook || graph.last.graph.nodes.size() > kMostNodes ||
      (graph.verdict && is_fresh(*graph.verdict))) {
    return graph.verdict;
  }
  const bool is_long =
      !graph.marks.empty() && age(graph.last) - age(graph.marks.front()) >= kMarkEvery;
  try {
    using Clock = std::chrono::steady_clock;
    const auto begin = Clock::now();
    Verdict found = diagnose(is_long ? graph.marks.front() : at_begin(graph.last), graph.last);
    std::string text = describe(found, graph.last);
    const double cost = std::chrono::duration<double>(Clock::now() - begin).count();
    graph.verdict = {now, cost, std::move(found), std::move(text)};
  } catch (const Error&) {  // not of a whole graph
    graph.verdict.reset();
  }
  return graph.verdict;
}

}  // namespace forebay::detail
