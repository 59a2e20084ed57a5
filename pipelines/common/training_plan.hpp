#pragma once

// How long a training is meant to be and what its machine costs, as inspectors are told it.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <forebay/graph/inspect/facts.hpp>

namespace forebay {

/// With a speed beside it, `time_and_cost` says the rest.
struct TrainingPlan {
  double images_per_epoch = 0, epochs = 0;    // both more than 0
  std::optional<double> price_per_hour = {};  // dollars, of all machines together
};

/// The figures of the progress of a training, whose total is the images of all epochs.
std::map<std::string, double> plan_figures(double epochs, std::optional<double> price_per_hour);

/// The plan of the first progress that has such figures.
std::optional<TrainingPlan> training_plan(const std::vector<ProgressFacts>& progress);

}  // namespace forebay
