#pragma once

// The limits that a graph may have, and what it would be without one of them.

#include <cstddef>
#include <vector>

#include <forebay/graph/diagnose/diagnose.hpp>
#include <forebay/graph/simulate/model.hpp>
#include <forebay/graph/simulate/simulate.hpp>

namespace forebay::detail {

/// One limit, and the nodes whose it is: one, or all devices together.
struct Relief {
  Bound bound;
  std::vector<std::size_t> nodes;
};

/// What could limit `model`, whose simulation is `now`, beside queues: one relief for each limit
/// that is felt.
std::vector<Relief> possible_limits(const Model& model, const Simulation& now,
                                    const Machine& machine);

/// Of all queues, in items and in bytes: small ones are felt in many places at once.
std::vector<Relief> possible_queues(const Model& model);

/// `model` with that limit much wider, not gone: a prediction far from what was measured would be a
/// guess.
Model relieved(Model model, const Relief& relief);

/// `model` with a limit that cannot be set `times` times as fast.
Model eased(Model model, const Relief& relief, double times);

/// `model` with all queues much longer.
Model with_long_queues(Model model);

/// Whether a setting is what limits.
bool adjustable(Limit limit);

/// Share of their time, 0 to 1, in which a node's workers have an item.
double occupied(const NodeSnapshot& node);
/// The same of all nodes of `graph` that take from that node's queue.
double occupied(const GraphSnapshot& graph, const NodeSnapshot& node);

}  // namespace forebay::detail
