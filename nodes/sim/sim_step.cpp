#include <forebay/nodes/sim/sim_step.hpp>

#include <algorithm>

#include <forebay/nodes/train/buckets.hpp>

namespace forebay {
namespace {

// Of all FLOPs, the share that layers from each one on have; 1 for layer 0.
std::vector<double> shares_from(const Network& network) {
  std::vector<double> shares(network.layers.size());
  const auto all = static_cast<double>(forward_flops(network));
  double sum = 0;
  for (std::size_t i = shares.size(); i-- > 0;) {
    sum += static_cast<double>(layer_flops(network, network.layers[i]));
    shares[i] = sum / all;
  }
  return shares;
}

std::size_t layer_of(const Network& network, std::span<const std::size_t> offsets,
                     std::size_t element) {
  const auto found = std::ranges::upper_bound(offsets, element) - offsets.begin();
  return static_cast<std::size_t>(network.parameters[static_cast<std::size_t>(found) - 1].layer);
}

}  // namespace

SimStep plan_sim_step(const Network& network, const ReplicaOptions& options,
                      const SimProfile& profile, std::size_t devices) {
  std::vector<std::size_t> offsets{0};
  for (const Parameter& parameter : network.parameters) {
    offsets.push_back(offsets.back() + static_cast<std::size_t>(elements(parameter.shape)));
  }
  const GradientBuckets buckets(offsets, options.bucket_bytes);
  const std::vector<double> shares = shares_from(network);
  const double rounds = 2 * (1 - 1 / static_cast<double>(devices));

  SimStep step;
  step.compute_seconds = step_seconds(profile, options.rows);
  double link_free = 0;
  std::size_t end = offsets.back();
  for (const GradientBucket& bucket : buckets.list()) {
    const double share = shares[layer_of(network, offsets, bucket.begin)];
    // The first layers may have no FLOPs of their own; the last bucket is ready at the end anyway.
    const double backward = bucket.begin == 0 ? 1 : share;
    const double ready = step.compute_seconds * (1 + 2 * backward) / 3;
    const std::size_t count = end - bucket.begin;
    const double transfer = profile.link_speed > 0 ? static_cast<double>(count * sizeof(float)) *
                                                         rounds / profile.link_speed
                                                   : 0;
    link_free = std::max(ready, link_free) + transfer;
    step.buckets.push_back({bucket, count, link_free});
    end = bucket.begin;
  }
  step.seconds = std::max(link_free, step.compute_seconds);
  return step;
}

}  // namespace forebay
