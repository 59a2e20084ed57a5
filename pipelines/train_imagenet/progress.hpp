#pragma once

// The line that a terminal shows while training goes on.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include <train_imagenet/speedometer.hpp>

namespace forebay {

/// Where training is now.
struct Progress {
  std::string phase = "Epoch";  // "Validation" while that runs
  int epoch = 0;                // from 0, shown from 1
  int epochs = 0;               // the last one of the run
  std::int64_t images = 0;      // done in this epoch
  std::int64_t images_per_epoch = 0;
  double loss = 0;  // recent means
  double accuracy = 0;
};

/// Formats the line at most ten times a second, with a speed averaged over about ten seconds.
/// For one thread at a time.
class ProgressLine {
 public:
  /// `width` gives the terminal's columns now.
  ProgressLine(Clock clock, std::function<std::size_t()> width);

  /// The line to show, or nothing where the last one is less than 100 ms old. Fields that do not
  /// fit into the width are left out from the right.
  std::optional<std::string> update(const Progress& progress);

 private:
  double speed(const Progress& progress, double now);

  Clock clock_;
  std::function<std::size_t()> width_;
  std::optional<double> drawn_at_;
  std::optional<Progress> last_;  // the progress that speed_ has seen
  double last_time_ = 0;
  double speed_ = 0;   // images/s
  double weight_ = 0;  // how much of speed_ is measured, from 0 to 1
};

}  // namespace forebay
