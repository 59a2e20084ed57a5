#pragma once

// Tunes graphs while they run.

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <forebay/graph/graph.hpp>
#include <forebay/graph/tune/tune_window.hpp>
#include <forebay/graph/tune/tuner.hpp>

namespace forebay {

/// What a tuner has done so far.
struct TuneReport {
  std::vector<TuneTrial> trials;
  std::vector<SettingChange> changes;  // from what the first graph began with to what is set now
  bool settled = false;
  double seconds = 0;  // of runs, until it settled (the first time)
  Verdict verdict;     // of kUnknown where too little was seen
};

/// How a live tuner looks at its graph. Tests put in shorter times.
struct LiveTunerOptions {
  TuneWindowOptions window = {};
  TuneWindowOptions watching = {.seconds = 10, .long_seconds = 60};  // once settled
  double interval = 0.02;  // seconds between snapshots, a tenth as often once settled
};

/// Applies a `Tuner` to runs of one graph after the other that are alike (one an epoch), on a
/// thread of its own that looks at the running graph many times a second and now and then computes
/// for some hundred milliseconds. Once settled without `TunerOptions::watch` it does nothing more.
/// Any thread.
class LiveTuner {
 public:
  using Log = std::function<void(const std::string&)>;

  /// `log` is told of each change and of the end, on the tuner's thread.
  LiveTuner(TunerOptions tuner, Log log, LiveTunerOptions options = {});
  ~LiveTuner();
  LiveTuner(const LiveTuner&) = delete;  // its thread holds its address

  /// Gives `graph` the settings found so far, where it has those nodes.
  void apply(Graph& graph) const;

  /// Does that, and tunes `graph` until `leave`, which returns at once. One graph at a time.
  void enter(Graph& graph);
  void leave();

  TuneReport report() const;

 private:
  void work(const std::stop_token& stop);
  std::optional<GraphSnapshot> wait_for_window(const std::stop_token& stop);
  bool idle() const { return graph_ == nullptr || (report_.settled && !watch_); }
  std::vector<std::string> take_over(const std::vector<SettingChange>& changes);
  void set(Graph& graph, const SettingChange& change) const;

  const Log log_;
  const LiveTunerOptions options_;
  const bool watch_;
  Tuner tuner_;  // of the thread alone

  mutable std::mutex mutex_;  // guards what follows; held while the graph is told something
  std::condition_variable_any wakes_;
  Graph* graph_ = nullptr;
  TuneWindow window_;
  double earlier_seconds_ = 0;                  // of the runs before this one
  std::map<std::string, SettingChange> found_;  // by path
  TuneReport report_;
  std::jthread thread_;  // last: it uses all of the above
};

/// Tunes `graph` while it lives, which must end before the graph does; nothing where `tuner` is
/// null.
class Tuning {
 public:
  Tuning(LiveTuner* tuner, Graph& graph) : tuner_(tuner) {
    if (tuner_ != nullptr) tuner_->enter(graph);
  }
  ~Tuning() {
    if (tuner_ != nullptr) tuner_->leave();
  }
  Tuning(const Tuning&) = delete;  // leaves once

 private:
  LiveTuner* tuner_;
};

}  // namespace forebay
