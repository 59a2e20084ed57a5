#pragma once

// What a session prints when it ends.

#include <string>

#include <forebay/nodes/sim/sim_host.hpp>
#include <train_imagenet/session.hpp>

namespace forebay {

/// Images/s, time per epoch and for 100 epochs, memory, and per node where the time went.
std::string report(const SessionResult& result);

/// The same of a run on a simulated host, with the verdict; `simulated` says what it stands for.
std::string host_report(const SimRun& run, double images_per_epoch, const std::string& simulated);

/// The same of a run of --test-io 1.
std::string read_report(const GraphSnapshot& run);

}  // namespace forebay
