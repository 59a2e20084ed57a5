#pragma once

// One step of training, tried where running out of memory ends nothing but the trial.

#include <string>

#include <train_imagenet/options.hpp>

namespace forebay {

/// How it ended.
struct TriedStep {
  std::string error = {};  // empty: it was done
  double seconds = 0;      // of the step, or the fastest of several
};

/// Makes the replicas and the batches of a run as `options` say, in a process of its own, and has
/// all replicas do one step on made-up images at once. Interrupting the program ends it early. For
/// a process without other threads: those would be missing in the copy of it.
TriedStep try_step(const TrainOptions& options);

/// The same, with two more steps; the seconds are those of the fastest.
TriedStep time_step(const TrainOptions& options);

}  // namespace forebay
