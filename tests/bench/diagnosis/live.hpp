#pragma once

// Runs a planted graph on the graph core: its bodies really sleep and compute.

#include <string>
#include <vector>

#include <forebay/graph/diagnose/diagnose.hpp>
#include <forebay/graph/snapshot.hpp>

#include "plant.hpp"

namespace forebay::bench {

/// What a run showed between two moments, the queues having filled before.
struct Live {
  GraphSnapshot difference;
  double samples_per_second = 0;  // counted at the end of the graph
  double others = 0;              // cores that other programs took meanwhile
};

/// One run with those settings changed. Blocks for a second or two.
Live run_live(const Plant& plant, int cores, const std::vector<SettingChange>& changes = {});

}  // namespace forebay::bench
