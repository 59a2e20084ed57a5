#pragma once

// When a simulated device's step hands out its gradient buckets.

#include <cstddef>
#include <vector>

#include <forebay/nodes/network/network.hpp>
#include <forebay/nodes/sim/sim_profile.hpp>
#include <forebay/nodes/train/replica.hpp>

namespace forebay {

/// One step of a simulated device; seconds count from the step's begin.
struct SimStep {
  struct Bucket {
    GradientBucket bucket;  // `values` is empty
    std::size_t count = 0;  // elements
    double at = 0;          // seconds until it is handed out
  };
  std::vector<Bucket> buckets;
  double compute_seconds = 0;  // forward and backward pass
  double seconds = 0;          // with the wait for the last bucket's transfer
};

/// Plans a step of `options.rows` rows on one of `devices` that run in step. A third of the
/// profile's time is the forward pass, two thirds the backward pass, in which a bucket is complete
/// when the FLOPs of its layers and all later ones are done. Each bucket then crosses the device's
/// link, one after the other while the backward pass goes on, as in a ring all-reduce:
/// bytes x 2 (n - 1) / n / link speed. It is handed out when that has ended.
SimStep plan_sim_step(const Network& network, const ReplicaOptions& options,
                      const SimProfile& profile, std::size_t devices);

}  // namespace forebay
