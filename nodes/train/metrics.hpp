#pragma once

// Figures of merit from a step's sums.

#include <forebay/nodes/train/replica.hpp>

namespace forebay {

/// Fractions of the rows, and means over them: of the loss that training lowers, and of the plain
/// cross-entropy. 0 where there were no rows.
double accuracy(const StepResult& result);
double top5_accuracy(const StepResult& result);
double mean_loss(const StepResult& result);
double mean_cross_entropy(const StepResult& result);

}  // namespace forebay
