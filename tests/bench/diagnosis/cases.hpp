#pragma once

// One planted graph from planting to trying what the verdict says.

#include <cstdint>
#include <functional>
#include <optional>

#include <forebay/graph/diagnose/diagnose.hpp>

#include "plant.hpp"
#include "reality.hpp"

namespace forebay::bench {

/// Where planted graphs run.
struct World {
  std::function<Seen(const Plant&, std::uint64_t seed)> look;
  std::function<double(const Plant&, const Changes&)> speed;  // samples per second
  bool live = false;
};

/// How many times as fast.
struct Gain {
  double predicted = 1, real = 1;
  double error() const;  // share by which the prediction is off
};

struct Case {
  std::uint64_t seed = 0;
  Plant plant = {};
  Seen seen = {};
  std::optional<Bound> truth = {};  // what binds, where something does by a tenth or more
  Verdict verdict = {};
  std::optional<Gain> changed = {};        // with the verdict's changes
  std::optional<Gain> faster = {};         // with what cannot be set `kTimesFaster` times as fast
  std::optional<Gain> larger_batch = {};   // with batches twice as large
  std::optional<Gain> equal_devices = {};  // without the straggler
  std::optional<Gain> given_back = {};     // with the changes, without the workers to spare

  bool right() const;        // no truth, or it was found
  bool false_alarm() const;  // changes where no change gains
};

/// Runs the plant of `one`, and what its truth has to be tried for.
void look(Case& one, const World& world);

/// Tries what the verdict of `one` says.
void try_verdict(Case& one, const World& world);

}  // namespace forebay::bench
