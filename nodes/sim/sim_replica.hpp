#pragma once

// Devices that are not there: they take the time and the place of real ones, and learn nothing.

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include <forebay/nodes/network/network.hpp>
#include <forebay/nodes/sim/sim_profile.hpp>
#include <forebay/nodes/train/replica.hpp>

namespace forebay {

/// Where simulated devices get the time and wait; tests put in their own. Called from the threads
/// of all replicas.
struct SimTime {
  std::function<double()> now;              // seconds from any fixed point
  std::function<void(double)> sleep_until;  // gives the core away until then
};

/// The steady clock's.
SimTime steady_time();

/// `count` simulated devices of the kind that `profile` describes, for the network it is scaled to.
///
/// A step sleeps until each bucket is due (`plan_sim_step`) and hands it out; it computes nothing.
/// Steps follow an absolute schedule: one that is asked for within 1 % of its time after the end of
/// the one before begins at that end, so waking late does not add up. Gradients are zeros, in one
/// array that all of the devices share: the all-reduce reads it for each of them, so its work is
/// real while its memory is that of one. The loss is that of guessing, ln(classes); accuracies are
/// 0. `evaluate` takes a third of a step. Parameters and running statistics are not copied:
/// `buffers()` stays as the network begins. `memory_bytes()` is the profile's, not memory taken.
///
/// Throws `Error` when `options.rows` do not fit into the device's memory, saying how many do.
std::vector<std::unique_ptr<Replica>> make_sim_replicas(const Network& network,
                                                        const ReplicaOptions& options,
                                                        const SimProfile& profile,
                                                        std::size_t count,
                                                        SimTime time = steady_time());

}  // namespace forebay
