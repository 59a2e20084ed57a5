#pragma once

// What is remembered of the runs that are watched: enough for rates and for a diagnosis.

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include <forebay/graph/inspect/verdict.hpp>

namespace forebay {

/// Reports of one process, of its runs one after another. For one thread at a time.
class History {
 public:
  /// One more, in the order in which they were made. A run that ends leaves its last moments as
  /// they were; the next one replaces it.
  void add(Report report);

  bool empty() const { return reports_.empty(); }
  /// Whether the run that is shown goes on.
  bool running() const { return running_; }
  /// What happened within the last seconds.
  const Report& earlier() const;
  const Report& later() const { return reports_.back(); }

  /// Two reports to diagnose: as far apart as half a minute, but not from before a setting was
  /// changed; nullopt while there is too little between them.
  std::optional<std::pair<Report, Report>> to_diagnose() const;

  /// Keeps a verdict on the graph named. One that says nothing does not replace one that does.
  void keep(const std::string& graph, Verdict verdict);
  /// On the graph of `later()`, by what was kept last.
  std::optional<Verdict> verdict() const;

 private:
  std::deque<Report> reports_;  // of one run, the oldest first; maybe that of its begin
  std::int64_t settled_ = 0;    // when a setting was last seen to have changed
  bool running_ = false;
  std::map<std::string, Verdict> verdicts_;
};

}  // namespace forebay
