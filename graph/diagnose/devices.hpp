#pragma once

// What only graphs with devices have: a slow one among them, and the size of a batch.

#include <optional>

#include <forebay/graph/diagnose/diagnose.hpp>
#include <forebay/graph/simulate/model.hpp>

namespace forebay::detail {

/// The device that takes longer for its items than the others, beyond chance, if one does.
std::optional<Straggler> straggler(const GraphSnapshot& graph, const Machine& machine,
                                   const Model& model);

/// Gain of twice the work in each step of a device and half as many steps; nothing where no batch
/// node feeds a device.
std::optional<double> larger_batch(const Model& model, const Machine& machine);

}  // namespace forebay::detail
