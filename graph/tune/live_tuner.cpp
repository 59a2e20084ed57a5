#include <forebay/graph/tune/live_tuner.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <utility>

namespace forebay {
namespace {

constexpr double kLessOften = 10;  // once settled

double seconds(const GraphSnapshot& run) { return static_cast<double>(run.elapsed) * 1e-9; }

std::string settled_message(const TuneReport& report) {
  char time[32];
  std::snprintf(time, sizeof time, "%.0f s", report.seconds);
  return std::string("settled after ") + time + " with " +
         (report.changes.empty() ? "nothing to change" : describe(report.changes)) + "; " +
         reason(report);
}

// Whether a node was given more workers in vain: the verdict is then told that it can have no more.
bool more_workers_were_undone(const TuneReport& report, const std::string& node) {
  const auto of_node = [&](const SettingChange& change) {
    return change.node == node && change.setting == "concurrency";
  };
  return std::any_of(report.trials.begin(), report.trials.end(), [&](const TuneTrial& trial) {
    return !trial.kept && !trial.gives_back &&
           std::any_of(trial.changes.begin(), trial.changes.end(), of_node);
  });
}

}  // namespace

std::string reason(const TuneReport& report, const std::string& unit) {
  const Bound& bound = report.verdict.bound;
  if (bound.limit == Limit::kSerial && more_workers_were_undone(report, bound.node)) {
    return bound.node +
           " limits the run, and more workers gained nothing; other programs may take the cores.";
  }
  const std::string text = describe(report.verdict, unit);
  return text.substr(0, text.find('\n'));
}

LiveTuner::LiveTuner(TunerOptions tuner, Log log, LiveTunerOptions options)
    : log_(std::move(log)),
      options_(options),
      watch_(tuner.watch),
      tuner_(std::move(tuner)),
      window_(options.window),
      thread_([this](const std::stop_token& stop) { work(stop); }) {}

LiveTuner::~LiveTuner() = default;

void LiveTuner::set(Graph& graph, const SettingChange& change) const {
  if (graph.has(change.node)) graph.set(change.path(), std::to_string(change.to));
}

void LiveTuner::apply(Graph& graph) const {
  const std::lock_guard lock(mutex_);
  for (const auto& [where, change] : found_) set(graph, change);
}

void LiveTuner::enter(Graph& graph) {
  apply(graph);
  const std::lock_guard lock(mutex_);
  graph_ = &graph;
  window_.restart();
  wakes_.notify_all();
}

void LiveTuner::leave() {
  const std::lock_guard lock(mutex_);
  earlier_seconds_ += seconds(graph_->snapshot());
  graph_ = nullptr;
}

TuneReport LiveTuner::report() const {
  const std::lock_guard lock(mutex_);
  return report_;
}

std::optional<GraphSnapshot> LiveTuner::wait_for_window(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (wakes_.wait(lock, stop, [this] { return !idle(); })) {
    const double interval = options_.interval * (report_.settled ? kLessOften : 1);
    wakes_.wait_for(lock, stop, std::chrono::duration<double>(interval),
                    [this] { return graph_ == nullptr; });
    if (stop.stop_requested()) break;
    if (graph_ == nullptr) continue;
    if (auto window = window_.add(graph_->snapshot())) return window;
  }
  return std::nullopt;
}

// Whatever goes wrong here must not end the run.
void LiveTuner::work(const std::stop_token& stop) {
  try {
    while (const std::optional<GraphSnapshot> window = wait_for_window(stop)) {
      const std::vector<SettingChange> changes = tuner_.next(*window);
      for (const std::string& line : take_over(changes)) log_(line);
    }
  } catch (const std::exception& error) {
    log_(std::string("stopped: ") + error.what());
  }
}

// Sets what the tuner wants on the graph that runs now; returns what there is to tell.
std::vector<std::string> LiveTuner::take_over(const std::vector<SettingChange>& changes) {
  const std::lock_guard lock(mutex_);
  for (const SettingChange& change : changes) {
    const auto [found, is_new] = found_.try_emplace(change.path(), change);
    found->second.to = change.to;
    if (graph_ != nullptr) set(*graph_, change);
  }
  std::vector<std::string> lines;
  const std::vector<TuneTrial>& trials = tuner_.trials();
  for (std::size_t i = report_.trials.size(); i < trials.size(); ++i) {
    lines.push_back(describe(trials[i]));
  }
  const bool settles = tuner_.settled() && !report_.settled;
  report_.trials = trials;
  report_.verdict = tuner_.verdict();
  report_.changes.clear();
  for (const auto& [where, change] : found_) {
    if (change.from != change.to) report_.changes.push_back(change);
  }
  if (tuner_.settled() != report_.settled) {
    window_ = TuneWindow(tuner_.settled() ? options_.watching : options_.window);
  }
  report_.settled = tuner_.settled();
  if (!settles) return lines;
  report_.seconds = earlier_seconds_ + (graph_ != nullptr ? seconds(graph_->snapshot()) : 0);
  lines.push_back(settled_message(report_));
  return lines;
}

}  // namespace forebay
