#pragma once

// What planted graphs really do: in a simulation, or by the clock on the graph core.

#include <vector>

#include <forebay/graph/diagnose/diagnose.hpp>
#include <forebay/graph/snapshot.hpp>

#include "plant.hpp"

namespace forebay::bench {

/// What a run showed, the queues having filled before.
struct Seen {
  GraphSnapshot difference;
  GraphSnapshot earlier, later;   // by the clock: the difference of these
  double samples_per_second = 0;  // counted at the end of the graph
  double others = 0;              // cores that other programs took meanwhile
};

using Changes = std::vector<SettingChange>;

/// A window of some hundred to four thousand samples, with the luck of its draws from the plant's
/// times, and the speed of a run so long that it has none.
Seen look_at_model(const Plant& plant, std::uint64_t seed);
double speed_of_model(const Plant& plant, const Changes& changes);

/// A run on the graph core: its bodies really sleep and compute. Blocks for a second or two.
Seen run_live(const Plant& plant, const Changes& changes = {});

}  // namespace forebay::bench
