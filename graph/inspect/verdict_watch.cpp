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

}  // namespace

double verdict_rest(double cost, const Report& report) {
  return cost / (kShare * std::max(1.0, report.host.cpus_usable));
}

double thread_cpu_seconds() { return static_cast<double>(thread_cpu_ns()) * 1e-9; }

void VerdictWatch::add(const Report& report) {
  if (!marks_.empty() && marks_.front().run.number != report.run.number) marks_.clear();
  if (!marks_.empty() && age(report) - age(marks_.back()) < kMarkEvery) return;
  if (age(report) < kShortestLook) return;
  while (marks_.size() >= kMostMarks) marks_.pop_front();
  while (!marks_.empty() && age(marks_.front()) < age(report) - kMarksLast) marks_.pop_front();
  marks_.push_back(report);
}

bool VerdictWatch::is_fresh(const Report& last, double now) const {
  return verdict_ &&
         now - verdict_->time < std::max(kLookAgain, verdict_rest(verdict_->cost, last));
}

const std::optional<TimedVerdict>& VerdictWatch::verdict(const Report& last, double now) {
  if (is_fresh(last, now) || age(last) < kShortestLook ||
      last.graph.nodes.size() > kMostStepNodes) {
    return verdict_;
  }
  const bool is_long = !marks_.empty() && age(last) - age(marks_.front()) >= kMarkEvery;
  try {
    const double begin = thread_cpu_seconds();
    Verdict found = diagnose(is_long ? marks_.front() : at_begin(last), last);
    std::string text = describe(found, last);
    const double cost = thread_cpu_seconds() - begin;
    verdict_ = {now, cost, std::move(found), std::move(text)};
  } catch (const Error&) {  // not of a whole graph
    verdict_.reset();
  }
  return verdict_;
}

}  // namespace forebay::detail
