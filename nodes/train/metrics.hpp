#pragma once

// Figures of merit from a step's sums.

#include <forebay/nodes/train/replica.hpp>

namespace forebay {

/// Fractions of the rows, and the mean loss; 0 where there were no rows.
double accuracy(const StepResult& result);
double top5_accuracy(const StepResult& result);
double mean_loss(const StepResult& result);

}  // namespace forebay
