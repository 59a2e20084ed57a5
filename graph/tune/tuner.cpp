#include <forebay/graph/tune/tuner.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

#include <forebay/graph/diagnose/relief.hpp>
#include <forebay/graph/simulate/model.hpp>
#include <forebay/graph/tune/tune_window.hpp>

namespace forebay {
namespace {

constexpr double kHelps = 1.02;          // times as fast; less may be chance
constexpr double kNoLoss = 0.985;        // times as fast, without the workers given back
constexpr double kOther = 0.15;          // difference of two paces that is no chance
constexpr std::size_t kMostTrials = 12;  // a bound that no graph should come near

// Samples per second, counted where they leave the graph: items on the way do not count.
double rate(const GraphSnapshot& window, const Machine& machine) {
  const std::size_t last = last_node(window);
  const double visits = model_of(window, machine).visits()[last];
  const double seconds = static_cast<double>(window.elapsed) * 1e-9;
  if (visits <= 0 || seconds <= 0) return 0;
  return static_cast<double>(window.nodes[last].items_in) / visits / seconds;
}

std::size_t value_in(const GraphSnapshot& window, const SettingChange& change) {
  const NodeSnapshot& node = window.node(change.node);
  if (change.setting == "concurrency") return node.concurrency;
  std::size_t most = 0;
  for (const QueueSnapshot& queue : node.inputs) {
    most = std::max(most, change.setting == "queue" ? queue.capacity : queue.capacity_bytes);
  }
  return most;
}

std::vector<SettingChange> reversed(std::vector<SettingChange> changes) {
  for (SettingChange& change : changes) std::swap(change.from, change.to);
  return changes;
}

}  // namespace

bool Tuner::Pace::like(const Pace& other) const {
  if (std::abs(rate - other.rate) > kOther * other.rate) return false;
  return std::equal(occupied.begin(), occupied.end(), other.occupied.begin(), other.occupied.end(),
                    [](double a, double b) { return std::abs(a - b) <= kOther; });
}

Tuner::Tuner(TunerOptions options) : options_(std::move(options)) {}

std::vector<SettingChange> Tuner::next(const GraphSnapshot& window) {
  if (settled_) return options_.watch ? look_again(window) : std::vector<SettingChange>{};
  if (trial_ && !set_by_others(window)) return check(window);
  return look(window);
}

// Whoever changes a setting meanwhile wants it so.
bool Tuner::set_by_others(const GraphSnapshot& window) {
  for (const SettingChange& change : trial_->changes) {
    if (value_in(window, change) == change.to) continue;
    options_.keep.insert(change.path());
    trial_.reset();
    return true;
  }
  return false;
}

std::vector<SettingChange> Tuner::look(const GraphSnapshot& window) {
  const double now = rate(window, options_.machine);
  reconsider(now);
  Verdict verdict = diagnose(with_fixed(window), options_.machine);
  if (verdict.bound.limit == Limit::kUnknown) return {};
  verdict_ = std::move(verdict);
  const double gain = verdict_.predicted / verdict_.samples_per_second;
  const std::vector<SettingChange> changes = allowed(verdict_.changes);
  if (!changes.empty() && trials_begun_ < kMostTrials) {
    return begin({.changes = changes, .before = now, .predicted = now * gain});
  }
  const std::vector<SettingChange> spare = allowed(verdict_.spare);
  if (!spare.empty() && !std::exchange(gave_back_, true)) {
    return begin({.changes = spare, .gives_back = true, .before = now, .predicted = now});
  }
  settled_ = pace(window);
  return {};
}

std::vector<SettingChange> Tuner::begin(TuneTrial trial) {
  ++trials_begun_;
  checked_before_ = false;
  trial_ = std::move(trial);
  return trial_->changes;
}

std::vector<SettingChange> Tuner::check(const GraphSnapshot& window) {
  // Of two windows the faster counts: what else the machine does can only slow the graph.
  trial_->got = std::max(trial_->got, rate(window, options_.machine));
  const double times = trial_->got / trial_->before;
  const double expected =
      trial_->gives_back ? kNoLoss : (1 + trial_->predicted / trial_->before) / 2;
  if (times < expected && !std::exchange(checked_before_, true)) return {};
  trial_->kept = times >= (trial_->gives_back ? kNoLoss : kHelps);
  const TuneTrial done = *std::exchange(trial_, std::nullopt);
  trials_.push_back(done);
  if (done.kept) return look(window);
  for (const SettingChange& change : done.changes) refused_.insert(change.path());
  undone_ = done;
  return reversed(done.changes);
}

// Slower without what was undone: then it had helped, and the machine had slowed down meanwhile.
void Tuner::reconsider(double now) {
  const std::optional<TuneTrial> undone = std::exchange(undone_, std::nullopt);
  if (!undone || undone->gives_back || undone->got < kHelps * now) return;
  for (const SettingChange& change : undone->changes) {
    if (tried_again_.insert(change.path()).second) refused_.erase(change.path());
  }
}

std::vector<SettingChange> Tuner::look_again(const GraphSnapshot& window) {
  const bool unlike = !pace(window).like(*settled_);
  if (!unlike || !std::exchange(was_unlike_, unlike)) {
    was_unlike_ = unlike;
    return {};
  }
  settled_.reset();
  was_unlike_ = gave_back_ = false;
  trials_begun_ = 0;
  refused_.clear();
  tried_again_.clear();
  return look(window);
}

bool Tuner::may_change(const std::string& node, const std::string& setting) const {
  const std::string wanted = node + "." + setting;
  const std::vector<std::string>& nodes = options_.nodes;
  if (!nodes.empty() && std::find(nodes.begin(), nodes.end(), node) == nodes.end()) return false;
  return !options_.keep.contains(wanted) && !refused_.contains(wanted);
}

std::vector<SettingChange> Tuner::allowed(const std::vector<SettingChange>& changes) const {
  std::vector<SettingChange> result;
  std::copy_if(
      changes.begin(), changes.end(), std::back_inserter(result),
      [&](const SettingChange& change) { return may_change(change.node, change.setting); });
  return result;
}

// So that the diagnosis looks for what can be changed.
GraphSnapshot Tuner::with_fixed(GraphSnapshot window) const {
  for (NodeSnapshot& node : window.nodes) {
    node.fixed = node.fixed || !may_change(node.name, "concurrency");
  }
  return window;
}

Tuner::Pace Tuner::pace(const GraphSnapshot& window) const {
  Pace result{rate(window, options_.machine), {}};
  for (const NodeSnapshot& node : window.nodes) result.occupied.push_back(detail::occupied(node));
  return result;
}

std::string describe(const std::vector<SettingChange>& changes) {
  std::string text;
  for (const SettingChange& change : changes) {
    text += (text.empty() ? "" : ", ") + change.path() + " " + std::to_string(change.from) +
            " -> " + std::to_string(change.to);
  }
  return text;
}

std::string describe(const TuneTrial& trial) {
  const auto times = [&](double rate) {
    char text[32];
    std::snprintf(text, sizeof text, "%.2fx", trial.before > 0 ? rate / trial.before : 0);
    return std::string(text);
  };
  const std::string predicted =
      trial.gives_back ? "not needed, " : "predicted " + times(trial.predicted) + ", ";
  return describe(trial.changes) + ": " + predicted + "got " + times(trial.got) +
         (trial.kept ? ", kept" : ", undone");
}

}  // namespace forebay
