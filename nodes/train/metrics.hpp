#pragma once

// Training metrics over the window since the last log line and over the whole epoch.

#include <forebay/nodes/train/replica.hpp>

namespace forebay {

/// Fractions of the rows, and the mean loss; 0 where there were no rows.
double accuracy(const StepResult& result);
double top5_accuracy(const StepResult& result);
double mean_loss(const StepResult& result);

/// Sums of a training epoch. Not thread-safe.
class EpochMetrics {
 public:
  void add(const StepResult& result);

  /// The sums since the last call; begins a new window.
  StepResult take_window();

  /// The sums of the whole epoch; begins a new epoch and a new window.
  StepResult take_epoch();

 private:
  StepResult window_, epoch_;
};

}  // namespace forebay
