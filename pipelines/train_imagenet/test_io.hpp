#pragma once

// --test-io 1: how fast training batches are read.

#include <string>

#include <forebay/graph/snapshot.hpp>
#include <train_imagenet/log.hpp>
#include <train_imagenet/options.hpp>

namespace forebay {

/// What --test-io 1 tells the report.
struct ReadResult {
  GraphSnapshot run;
  std::string tuning;  // what was chosen, a line
  std::string cache;   // what --cache did, a line
};

/// Reads one epoch of training batches and logs the speed.
ReadResult test_io(const TrainOptions& options, Log& log);

}  // namespace forebay
