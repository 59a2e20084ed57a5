#include <forebay/nodes/cpu/cpu_step.hpp>

#include <fmt/format.h>

#include <vector>

#include <forebay/graph/error.hpp>
#include <forebay/nodes/cpu/onednn.hpp>
#include <forebay/nodes/cpu/parallel.hpp>

namespace forebay {
namespace {

void check(const Network& network, const ReplicaOptions& options) {
  const auto refuse = [&](const std::string& what) {
    throw Error(fmt::format("{}: cannot compile for the CPU: {}", network.name, what));
  };
  if (options.rows < 1) refuse("rows is 0; give 1 or more");
  if (options.threads < 1) refuse(fmt::format("threads is {}; give 1 or more", options.threads));
  if (options.threads > omp_get_thread_limit()) {
    refuse(
        fmt::format("threads is {}, but the environment's OMP_THREAD_LIMIT is {}; unset it, or "
                    "give no more threads",
                    options.threads, omp_get_thread_limit()));
  }
  if (!(options.label_smoothing >= 0 && options.label_smoothing < 1)) {
    refuse(fmt::format("label_smoothing is {}; give 0 or more, below 1", options.label_smoothing));
  }
}

// Forward, loss and backward, as they will run. What a group uses it uses together.
void walk_through(CpuStep& step, std::size_t rows) {
  Planner& planner = step.planner;
  const CompiledNetwork& compiled = step.compiled;
  for (const OpGroup& group : compiled.groups) {
    for (Op* op : group.forward) op->plan_forward(planner);
    planner.next_moment();
  }
  Tensor& logits = planner.tensor(compiled.logits);
  planner.read(logits.value);
  step.logits_gradient = planner.write_floats(rows * logits.row_size());
  logits.gradients.push_back(step.logits_gradient);
  for (auto group = compiled.groups.rbegin(); group != compiled.groups.rend(); ++group) {
    planner.next_moment();
    for (Op* op : group->backward) op->plan_backward(planner);
  }
}

}  // namespace

CpuStep plan_cpu_step(const Network& network, const ReplicaOptions& options) {
  check(network, options);
  const TeamSize team(options.threads);
  CpuStep step{.arrays = {.parameter_offsets = offsets_of(network.parameters),
                          .buffer_offsets = offsets_of(network.buffers)},
               .planner = Planner(options.rows, options.threads),
               .compiled = {}};
  step.arrays.gradients = step.planner.keep_floats(step.arrays.parameter_offsets.back());
  step.arrays.buffers = step.planner.keep_floats(step.arrays.buffer_offsets.back());
  step.compiled = compile(network, options.precision, step.planner, step.arrays);
  walk_through(step, options.rows);
  step.bytes = step.planner.plan().place();
  return step;
}

}  // namespace forebay
