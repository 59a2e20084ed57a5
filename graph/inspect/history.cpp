#include <forebay/graph/inspect/history.hpp>

#include <algorithm>
#include <cstdint>
#include <set>
#include <utility>

#include <forebay/graph/error.hpp>

namespace forebay::detail {
namespace {

constexpr double kShortestStep = 0.5;  // seconds

double seconds(std::int64_t nanoseconds) { return static_cast<double>(nanoseconds) * 1e-9; }

template <typename Step>
void keep(std::deque<Step>& steps, Step step) {
  while (!steps.empty() && (steps.front().time < step.time - History::kSeconds ||
                            steps.size() >= static_cast<std::size_t>(History::kSeconds))) {
    steps.pop_front();
  }
  steps.push_back(std::move(step));
}

bool same_nodes(const GraphSnapshot& a, const GraphSnapshot& b) {
  return std::ranges::equal(a.nodes, b.nodes, {}, &NodeSnapshot::name, &NodeSnapshot::name);
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
    keep(process_, ProcessStep{now, use_between(host_, report.host), device_steps(report)});
  }
  host_ = report.host;
}

GraphHistory& History::graph_of(const Report& report) {
  const auto known = std::ranges::find(graphs_, report.run.name,
                                       [](const auto& each) { return each.last.run.name; });
  if (known != graphs_.end()) {
    graphs_.splice(graphs_.end(), graphs_, known);
    if (!same_nodes(known->last.graph, report.graph)) *known = {at_begin(report)};
    return *known;
  }
  if (graphs_.size() == kMostGraphs) graphs_.pop_front();
  return graphs_.emplace_back(GraphHistory{at_begin(report)});
}

void History::step_graph(Report report, double now) {
  GraphHistory& graph = graph_of(report);
  const bool is_new = graph.last.run.number != report.run.number;
  const Report earlier = is_new ? at_begin(report) : graph.last;
  const double elapsed = seconds(report.graph.time - earlier.graph.time);
  if (elapsed < kShortestStep && report.run.running && !is_new) return;
  if (elapsed >= kShortestStep) keep(graph.steps, GraphStep{now, node_steps(earlier, report)});
  registry_.verdicts().add(report);
  graph.last = std::move(report);
}

const GraphHistory* History::find(const std::optional<std::string>& name) const {
  const GraphHistory* found = nullptr;
  for (const GraphHistory& each : graphs_) {
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

}  // namespace forebay::detail
