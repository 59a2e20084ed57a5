#pragma once

// What a larger batch gains, said once a training has shown it.

#include <string>
#include <thread>

#include <forebay/graph/diagnose/diagnose.hpp>
#include <forebay/graph/graph.hpp>
#include <forebay/graph/tune/tune_window.hpp>
#include <train_imagenet/log.hpp>

namespace forebay {

/// "a larger one would gain nothing: decode limits the run: all 4 workers busy."; empty where too
/// little was seen.
std::string batch_advice(const Verdict& verdict);

/// Diagnoses some seconds of a run of graphs and tells the log. For one thread at a time.
class BatchAdvice {
 public:
  /// `machine` is what the graphs run on; `log` outlives this.
  BatchAdvice(Machine machine, Log& log);

  /// Another run begins.
  void run_begins() { window_.restart(); }

  /// A step of `graph` has ended; to be called at each one, from when on the run is to be judged.
  /// Takes a snapshot; what takes longer is done on another thread.
  void step_done(const Graph& graph);

  /// All runs have ended. Judges by the whole of the last one if there was no time before.
  void all_ended(const GraphSnapshot& last);

 private:
  void say(const GraphSnapshot& seen);

  Machine machine_;
  Log& log_;
  TuneWindow window_;
  bool said_ = false;
  std::jthread diagnosis_;  // last: it uses the others
};

}  // namespace forebay
