#pragma once

// --tune: what of a run's graphs is tuned, and how that is told.

#include <memory>
#include <string>

#include <forebay/graph/tune/live_tuner.hpp>
#include <train_imagenet/log.hpp>
#include <train_imagenet/options.hpp>

namespace forebay {

/// Tunes the nodes between reading and training, on a machine of which the graph has `machine`; its
/// changes go to `log`, which outlives it. Without --tune on the command line settings that are
/// there stay; the bytes that --host-memory gives to queues always do. Null where nothing is to be
/// tuned.
std::unique_ptr<LiveTuner> make_tuner(const TrainOptions& options, Machine machine, Log& log);

/// A line for the report at the end of a run; empty where there is nothing to say.
std::string tuning_text(const LiveTuner* tuner);

}  // namespace forebay
