#include <forebay/top/history.hpp>

#include <algorithm>
#include <cstdlib>

#include <forebay/graph/tune/tune_window.hpp>

namespace forebay {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kShown = 3 * kSecond;       // that figures are means over
constexpr std::int64_t kDiagnosed = 30 * kSecond;  // that a diagnosis is from
constexpr std::int64_t kTooShort = kSecond;        // to diagnose

}  // namespace

void History::add(Report report) {
  const bool same_run = !reports_.empty() && reports_.back().run.number == report.run.number;
  running_ = report.run.running;
  if (same_run && !running_) return;
  if (!same_run) {
    reports_.clear();
    reports_.push_back(at_begin(report));
    settled_ = reports_.back().graph.time;
  } else if (reports_.size() > 1 && !same_settings(reports_.back().graph, report.graph)) {
    settled_ = report.graph.time;
  }
  reports_.push_back(std::move(report));
  while (reports_.size() > 2 && reports_[0].graph.time < later().graph.time - kDiagnosed) {
    reports_.pop_front();
  }
}

const Report& History::earlier() const {
  const std::int64_t wanted = later().graph.time - kShown;
  return *std::min_element(
      reports_.begin(), reports_.end() - 1, [&](const Report& a, const Report& b) {
        return std::abs(a.graph.time - wanted) < std::abs(b.graph.time - wanted);
      });
}

std::optional<std::pair<Report, Report>> History::to_diagnose() const {
  const auto from = std::find_if(reports_.begin(), reports_.end(), [&](const Report& report) {
    return report.graph.time >= settled_;
  });
  if (from == reports_.end() || later().graph.time - from->graph.time < kTooShort) {
    return std::nullopt;
  }
  return std::pair(*from, later());
}

void History::keep(const std::string& graph, Verdict verdict) {
  if (verdict.bound.limit == Limit::kUnknown && verdicts_.contains(graph)) return;
  verdicts_[graph] = std::move(verdict);
}

std::optional<Verdict> History::verdict() const {
  if (reports_.empty()) return std::nullopt;
  const auto found = verdicts_.find(later().run.name);
  return found == verdicts_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace forebay
