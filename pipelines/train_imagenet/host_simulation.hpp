#pragma once

// --host-cores: what a training would do in a host that is not there.

#include <string>

#include <train_imagenet/log.hpp>
#include <train_imagenet/options.hpp>

namespace forebay {

/// Measures what the nodes of the training's graph cost this machine, unless --host-times tells it,
/// and gives the report of its run with --devices on --host-cores, with the verdict. Nothing when
/// it was interrupted. Throws `Error`.
std::string simulate_host(const TrainOptions& options, Log& log);

}  // namespace forebay
