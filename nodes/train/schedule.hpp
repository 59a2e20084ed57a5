#pragma once

// The learning rate as a function of the step alone.

#include <cstdint>
#include <vector>

namespace forebay {

/// How the learning rate falls after warm-up.
struct LrDecay {
  enum class Kind : std::uint8_t { kConstant, kSteps, kPower, kCosine };

  Kind kind = Kind::kConstant;
  std::vector<int> epochs;  // kSteps: increasing; the rate falls where each of these begins
  double power = 0;         // kPower: (1 - progress) ^ power
};

struct ScheduleOptions {
  double lr = 0.1;  // after warm-up; 0 or more
  LrDecay decay;
  double factor = 0.1;         // kSteps multiplies by this; as in MXNet, 1 or more turns
                               // steps and powers off
  int epochs = 1;              // powers and the cosine reach 0 where this many have passed
  double steps_per_epoch = 1;  // images over batch size; need not be whole
  double warmup_epochs = 0;    // may be a fraction of an epoch
  double warmup_start = 0.01;  // the first step's rate, as a fraction of `lr`; in [0, 1]
};

/// Learning rates of a whole run. The same step gives the same rate whether the run was resumed or
/// not. Immutable, so safe from any thread.
///
/// The first `warmup_epochs` rise linearly, step by step, from `lr * warmup_start` to `lr`. Powers
/// and the cosine then fall from `lr` to 0 over the steps that are left; `kSteps` counts its epochs
/// from the beginning of training.
class Schedule {
 public:
  /// Throws `Error` for options outside their range.
  explicit Schedule(ScheduleOptions options);

  /// The rate of step `step`, counted from 0 over all epochs.
  double at(std::int64_t step) const;

 private:
  double decayed(std::int64_t step) const;

  ScheduleOptions options_;
  double warmup_steps_;
  double total_steps_;
};

}  // namespace forebay
