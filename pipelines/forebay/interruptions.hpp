#pragma once

// How much longer a training takes on machines that may be taken away: spot instances.

namespace forebay {

/// When a training is interrupted, and what that costs it. Interruptions come at random, at the
/// same rate at any moment (a Poisson process), restarts among them.
struct Interruptions {
  double per_hour = 0.05;            // of time on the machine
  double restart_hours = 10.0 / 60;  // from a machine to go on with to the first step, paid for
  double checkpoint_hours = 0.5;     // of training between checkpoints; above 0
};

/// Means over all the ways it could go.
struct ExpectedTime {
  double hours = 0;  // on machines, all paid for; infinite where the training never ends
  double interruptions = 0;
};

/// Of a training that takes `hours` undisturbed. Each piece of p hours between two checkpoints
/// takes exp(rate x restart) x (exp(rate x p) - 1) / rate hours: an interruption throws away the
/// work since the last checkpoint, half a piece on average, and costs a restart. For few
/// interruptions that is about hours x (1 + rate x (restart + p / 2)). Saving takes no time here;
/// waiting for another machine is not counted, since it is not paid for.
ExpectedTime expected_time(double hours, const Interruptions& interruptions);

}  // namespace forebay
