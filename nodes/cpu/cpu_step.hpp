#pragma once

// A training step planned for the CPU: what runs, and where in memory, before any is taken.

#include <cstddef>

#include <forebay/nodes/cpu/compile.hpp>
#include <forebay/nodes/network/network.hpp>
#include <forebay/nodes/train/replica.hpp>

namespace forebay {

/// A network compiled for the CPU, with the plan of the memory that a step needs. Takes none of it.
struct CpuStep {
  FlatArrays arrays;
  Planner planner;
  CompiledNetwork compiled;
  int logits_gradient = -1;  // in the plan, as all buffers are
  std::size_t bytes = 0;     // of all buffers, placed
};

/// Throws `Error` for options out of range, for more threads than OMP_THREAD_LIMIT allows, and
/// where `compile` does; oneDNN's own error where it cannot run a layer.
CpuStep plan_cpu_step(const Network& network, const ReplicaOptions& options);

}  // namespace forebay
