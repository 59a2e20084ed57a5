#pragma once

// Finds the settings with which a graph is fastest: applies what the diagnosis says, keeps what
// helps.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <forebay/graph/diagnose/diagnose.hpp>
#include <forebay/graph/snapshot.hpp>

namespace forebay {

/// What a tuner may do.
struct TunerOptions {
  Machine machine;
  bool watch = false;  // once settled, begin again when what is measured has become another
  std::vector<std::string> nodes = {};  // whose settings may be changed; none: of all nodes
  std::set<std::string> keep = {};      // settings to leave alone: "decode.concurrency"
};

/// A change that was tried. Rates are samples per second.
struct TuneTrial {
  std::vector<SettingChange> changes;  // made together
  bool gives_back = false;             // workers that are not needed, at no loss
  double before = 0;
  double predicted = 0;
  double got = 0;
  bool kept = false;
};

/// "decode.concurrency 1 -> 2: predicted 1.90x, got 1.85x, kept".
std::string describe(const TuneTrial& trial);
/// "decode.concurrency 1 -> 2, slot.queue 16 -> 32".
std::string describe(const std::vector<SettingChange>& changes);

/// Decides what to change after each window of a run, from what was measured in it alone: no clock,
/// no thread, the same decisions for the same windows. It tries one verdict after the other: a
/// change that makes the graph faster is kept, another is undone, and tried again once at most:
/// where the graph is slower without it, so that something else had been in the way. When nothing
/// more is to be gained, workers that are not needed are given back, and it has settled: that takes
/// two windows a change, and a change for each setting that binds. For one thread at a time.
class Tuner {
 public:
  explicit Tuner(TunerOptions options);

  /// `window` is what was measured since the last changes took hold (see TuneWindow). Returns what
  /// to set now, together; nothing: go on measuring. Takes as long as `diagnose`.
  std::vector<SettingChange> next(const GraphSnapshot& window);

  bool settled() const { return settled_.has_value(); }
  /// All that was tried, in order.
  const std::vector<TuneTrial>& trials() const { return trials_; }
  /// What limited the graph in the last window that was looked at; of kUnknown before the first.
  const Verdict& verdict() const { return verdict_; }

 private:
  /// What tells whether a graph still does as it did: its rate and how occupied each node is.
  struct Pace {
    double rate = 0;
    std::vector<double> occupied;
    bool like(const Pace& other) const;
  };

  bool set_by_others(const GraphSnapshot& window);
  std::vector<SettingChange> look(const GraphSnapshot& window);
  std::vector<SettingChange> check(const GraphSnapshot& window);
  std::vector<SettingChange> look_again(const GraphSnapshot& window);
  std::vector<SettingChange> begin(TuneTrial trial);
  void reconsider(double now);
  bool may_change(const std::string& node, const std::string& setting) const;
  std::vector<SettingChange> allowed(const std::vector<SettingChange>& changes) const;
  GraphSnapshot with_fixed(GraphSnapshot window) const;
  Pace pace(const GraphSnapshot& window) const;

  TunerOptions options_;
  std::set<std::string> refused_;      // settings that were tried in vain
  std::set<std::string> tried_again_;  // that have had their second chance
  Verdict verdict_;
  std::vector<TuneTrial> trials_;
  std::optional<TuneTrial> trial_;   // under way
  std::optional<TuneTrial> undone_;  // by the changes before this window
  bool checked_before_ = false;      // a first window of it was not as predicted
  bool gave_back_ = false;
  std::size_t trials_begun_ = 0;  // since it last settled
  std::optional<Pace> settled_;
  bool was_unlike_ = false;
};

}  // namespace forebay
