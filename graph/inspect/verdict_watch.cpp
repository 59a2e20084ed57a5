#include <forebay/graph/inspect/verdict_watch.hpp>

#include <algorithm>
#include <cstddef>
#include <utility>

#include <forebay/graph/actions.hpp>
#include <forebay/graph/error.hpp>
#include <forebay/graph/inspect/step.hpp>

namespace forebay::detail {
namespace {

constexpr double kMarkEvery = 6, kMarksLast = 30;     // seconds
constexpr double kLookAgain = 10, kShortestLook = 2;  // seconds
constexpr double kShare = 0.001;                      // of the processors that verdicts may take
constexpr std::size_t kMostMarks = 5;

double age(const Report& report) { return static_cast<double>(report.graph.elapsed) * 1e-9; }

// That the verdict on `last` begins at: the oldest of its run, or else the run's begin.
Report mark_before(const std::deque<Report>& marks, const Report& last) {
  const bool is_long = !marks.empty() && marks.front().run.number == last.run.number &&
                       age(last) - age(marks.front()) >= kMarkEvery;
  return is_long ? marks.front() : at_begin(last);
}

// None where the reports are not of a whole graph.
std::optional<TimedVerdict> look(const Report& mark, const Report& last, double now) {
  try {
    const double begin = thread_cpu_seconds();
    Verdict found = diagnose(mark, last);
    std::string text = describe(found, last);
    const double cost = thread_cpu_seconds() - begin;
    return TimedVerdict{now, cost, std::move(found), std::move(text)};
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace

double verdict_rest(double cost, const Report& report) {
  return cost / (kShare * std::max(1.0, report.host.cpus_usable));
}

double thread_cpu_seconds() { return static_cast<double>(thread_cpu_ns()) * 1e-9; }

void VerdictWatch::add(const Report& report) {
  const std::lock_guard lock(mutex_);
  std::deque<Report>& marks = watched(report).marks;
  if (!marks.empty() && marks.front().run.number != report.run.number) marks.clear();
  if (!marks.empty() && age(report) - age(marks.back()) < kMarkEvery) return;
  if (age(report) < kShortestLook) return;
  while (marks.size() >= kMostMarks) marks.pop_front();
  while (!marks.empty() && age(marks.front()) < age(report) - kMarksLast) marks.pop_front();
  marks.push_back(report);
}

VerdictWatch::Watched& VerdictWatch::watched(const Report& report) {
  std::string graph = report.run.name;
  for (const NodeSnapshot& node : report.graph.nodes) graph += '\n' + node.name;
  const auto known = std::ranges::find(graphs_, graph, &Watched::graph);
  if (known != graphs_.end()) {
    graphs_.splice(graphs_.end(), graphs_, known);
  } else {
    if (graphs_.size() == kMostGraphs) graphs_.pop_front();
    graphs_.push_back({std::move(graph)});
  }
  return graphs_.back();
}

bool VerdictWatch::is_due(const Watched& graph, const Report& last, double now) const {
  if (graph.looking || age(last) < kShortestLook) return false;
  if (last.graph.nodes.size() > kMostStepNodes) return false;
  if (!graph.verdict) return true;
  return now - graph.verdict->time >= std::max(kLookAgain, verdict_rest(graph.verdict->cost, last));
}

std::optional<TimedVerdict> VerdictWatch::verdict(const Report& last, double now) {
  std::unique_lock lock(mutex_);
  Watched& before = watched(last);
  if (!is_due(before, last, now)) return before.verdict;
  const Report mark = mark_before(before.marks, last);
  before.looking = true;
  lock.unlock();
  std::optional<TimedVerdict> found = look(mark, last, now);
  lock.lock();
  Watched& graph = watched(last);  // others may have been seen meanwhile, and this one forgotten
  graph.looking = false;
  return graph.verdict = std::move(found);
}

}  // namespace forebay::detail
