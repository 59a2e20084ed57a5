#pragma once

// What a session prints when it ends.

#include <optional>
#include <string>

#include <common/training_cost.hpp>
#include <forebay/nodes/sim/sim_host.hpp>
#include <train_imagenet/session.hpp>
#include <train_imagenet/test_io.hpp>

namespace forebay {

/// Per node where the time of the last epoch went, and what limited it; images/s, time (with a
/// price for an hour, in dollars, cost too) per epoch, for the whole training and for 100 epochs;
/// memory.
std::string report(const SessionResult& result, std::optional<double> price_per_hour);

/// The same of a run on a simulated host, with the verdict; `simulated` says what it stands for.
std::string host_report(const SimRun& run, const TrainingPace& pace,
                        std::optional<double> price_per_hour, const std::string& simulated);

/// The same of a run of --test-io 1.
std::string read_report(const ReadResult& result);

}  // namespace forebay
