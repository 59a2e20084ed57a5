#pragma once

// MXNet's speed lines: one every --disp-batches batches.

#include <optional>
#include <string>

#include <common/clock.hpp>
#include <train_imagenet/log.hpp>

namespace forebay {

/// Training's lines. As MXNet's, the first batch of an epoch only starts the clock, and a line
/// comes after each batch whose number is a multiple of the period: the first one covers 21
/// batches' accuracy and 20 batches' time. For one thread at a time.
class Speedometer {
 public:
  /// `options` outlives this.
  Speedometer(const TrainOptions& options, Clock clock);

  /// After each batch, numbered from 0 in its epoch. Gives the message to log, if one is due.
  std::optional<std::string> batch_done(int epoch, int batch, const StepResult& result);

 private:
  const TrainOptions& options_;
  Clock clock_;
  std::optional<int> epoch_;
  double window_start_ = 0;
  StepResult window_;
};

/// The lines of --test-io 1. For one thread at a time.
class ReadSpeedometer {
 public:
  /// Starts the clock. `options` outlives this.
  ReadSpeedometer(const TrainOptions& options, Clock clock);

  /// After each batch, numbered from 0.
  std::optional<std::string> batch_done(int batch);

 private:
  const TrainOptions& options_;
  Clock clock_;
  double window_start_;
};

}  // namespace forebay
