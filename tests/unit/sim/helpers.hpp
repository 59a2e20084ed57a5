#pragma once

// A small network and a device whose figures are round.

#include <algorithm>
#include <vector>

#include <forebay/nodes/network/network.hpp>
#include <forebay/nodes/sim/sim_profile.hpp>
#include <forebay/nodes/sim/sim_replica.hpp>

namespace forebay::test {

inline Network small_network() { return mlp({1, 4, 4}, 10); }

// 10 ms and 1 ms a row; 1,000 bytes and 100 a row.
inline SimProfile small_profile() {
  return {.name = "D1",
          .source = {"made up"},
          .network = sim_network(small_network()),
          .points = {{10, 0.020}, {30, 0.040}},
          .device_bytes = 5000,
          .fixed_bytes = 1000,
          .row_bytes = 100,
          .link_speed = 0};
}

/// A clock that only sleeping moves, and what was slept until. Give it to one replica, or to
/// several that run in turns.
class FakeTime {
 public:
  SimTime time() {
    return {[this] { return now; },
            [this](double until) {
              waits.push_back(until);
              now = std::max(now, until) + oversleep;
            }};
  }

  double now = 100;
  double oversleep = 0;
  std::vector<double> waits;
};

}  // namespace forebay::test
