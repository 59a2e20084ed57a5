#include <forebay/nodes/cpu/cpu_replica.hpp>

#include <fmt/format.h>
#include <sys/mman.h>

#include <algorithm>
#include <new>

#include <forebay/graph/error.hpp>
#include <forebay/nodes/cpu/loss.hpp>
#include <forebay/nodes/cpu/onednn.hpp>
#include <forebay/nodes/cpu/parallel.hpp>

namespace forebay {
namespace {

constexpr std::align_val_t kAlignment{2 << 20};  // of a huge page

}  // namespace

void CpuReplica::Free::operator()(std::byte* block) const { ::operator delete(block, kAlignment); }

CpuReplica::CpuReplica(const Network& network, const ReplicaOptions& options)
    : name_(network.name),
      classes_(static_cast<std::size_t>(network.classes)),
      options_(options),
      check_(network, options.rows),
      step_(plan_cpu_step(network, options)),
      buckets_(step_.arrays.parameter_offsets, options.bucket_bytes) {
  take_memory();
  const std::vector<std::size_t>& offsets = step_.arrays.buffer_offsets;
  for (std::size_t i = 0; i < network.buffers.size(); ++i) {
    std::fill(buffers_.begin() + static_cast<std::ptrdiff_t>(offsets[i]),
              buffers_.begin() + static_cast<std::ptrdiff_t>(offsets[i + 1]),
              network.buffers[i].initial);
  }
}

void CpuReplica::take_memory() {
  try {
    memory_.reset(static_cast<std::byte*>(::operator new(step_.bytes, kAlignment)));
  } catch (const std::bad_alloc&) {
    throw Error(
        fmt::format("{}: a replica of {} rows needs {} MiB, which the system refuses; "
                    "give fewer rows",
                    name_, options_.rows, step_.bytes >> 20));
  }
  madvise(memory_.get(), step_.bytes, MADV_HUGEPAGE);  // without huge pages it is only slower
  const TeamSize team(options_.threads);               // `bind` makes primitives
  Planner& planner = step_.planner;
  const Arena arena(memory_.get(), planner.plan());
  for (const auto& op : step_.compiled.ops) op->bind(arena, planner);
  const std::size_t logits = options_.rows * classes_;
  logits_ = {arena.floats(planner.tensor(step_.compiled.logits).value), logits};
  logits_gradients_ = {arena.floats(step_.logits_gradient), logits};
  gradients_ = {arena.floats(step_.arrays.gradients), step_.arrays.parameter_offsets.back()};
  buffers_ = {arena.floats(step_.arrays.buffers), step_.arrays.buffer_offsets.back()};
}

template <class Body>
void CpuReplica::for_each_block(const OpGroup& group, Pass& pass, bool downwards,
                                const Body& body) {
  const std::size_t count = options_.rows / group.block;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t index = downwards ? count - 1 - i : i;
    pass.block = {index * group.block, group.block, i == 0, i == count - 1};
    body();
  }
}

void CpuReplica::run_forward(Pass pass) {
  bool downwards = false;
  for (const OpGroup& group : step_.compiled.groups) {
    for (Op* op : group.forward) op->start_forward(pass);
    for_each_block(group, pass, downwards, [&] {
      for (Op* op : group.forward) op->forward(pass);
    });
    downwards = !downwards;
  }
}

void CpuReplica::run_backward(Pass pass,
                              const std::function<void(const GradientBucket&)>& on_bucket) {
  buckets_.start();
  bool downwards = false;
  const auto& groups = step_.compiled.groups;
  for (auto group = groups.rbegin(); group != groups.rend(); ++group) {
    for (Op* op : group->backward) op->start_backward(pass);
    for_each_block(*group, pass, downwards, [&] {
      for (Op* op : group->backward) op->backward(pass);
    });
    downwards = !downwards;
    for (Op* op : group->backward) {
      op->finish_backward(pass);
      buckets_.complete(op->parameters(), gradients_, on_bucket);
    }
  }
}

StepResult CpuReplica::forward_backward(
    const Shard& shard, const std::function<void(const GradientBucket&)>& on_bucket) {
  check_.train(shard);
  const TeamSize team(options_.threads);
  const Pass pass{.mode = Mode::kTraining,
                  .images = static_cast<const float*>(shard.images),
                  .rows = shard.rows,
                  .block = {}};
  run_forward(pass);
  const StepResult result =
      cross_entropy(logits_, shard.labels, classes_, options_.label_smoothing, logits_gradients_);
  run_backward(pass, on_bucket);
  return result;
}

StepResult CpuReplica::evaluate(const Shard& shard, std::span<float> logits) {
  check_.evaluate(shard, logits);
  const auto used = logits_.first(shard.rows * classes_);
  if (shard.rows == 0) return {};
  const TeamSize team(options_.threads);
  // Rows do not mix in inference mode, so what is computed of those left out is of no matter.
  run_forward({.mode = Mode::kInference,
               .images = static_cast<const float*>(shard.images),
               .rows = shard.rows,
               .block = {}});
  if (!logits.empty()) std::copy(used.begin(), used.end(), logits.begin());
  return cross_entropy(used, shard.labels, classes_, /*label_smoothing=*/0);
}

void CpuReplica::load_parameters(const Weights& weights, std::size_t begin, std::size_t count) {
  const TeamSize alone(1);
  for (const auto& op : step_.compiled.ops) {
    for (std::size_t which = 0; which < op->parameters().size(); ++which) {
      const auto parameter = static_cast<std::size_t>(op->parameters()[which]);
      const bool touched = step_.arrays.parameter_offsets[parameter] < begin + count &&
                           step_.arrays.parameter_offsets[parameter + 1] > begin;
      if (touched) op->load(which, weights.parameters().data());
    }
  }
}

void CpuReplica::load_buffers(const Weights& weights) {
  std::copy(weights.buffers().begin(), weights.buffers().end(), buffers_.begin());
}

namespace {

// `make` with oneDNN's errors as ours.
template <class Make>
auto with_onednn(const Network& network, const Make& make) {
  try {
    return make();
  } catch (const dnnl::error& error) {
    throw Error(
        fmt::format("{}: oneDNN cannot run it on this CPU: {}", network.name, error.what()));
  }
}

}  // namespace

std::unique_ptr<Replica> make_cpu_replica(const Network& network, const ReplicaOptions& options) {
  return with_onednn(network, [&]() -> std::unique_ptr<Replica> {
    return std::make_unique<CpuReplica>(network, options);
  });
}

Precision cpu_precision(Precision wanted) {
  // A bit for each instruction set; AMX includes this one.
  constexpr auto kBfloat16 = static_cast<unsigned>(dnnl::cpu_isa::avx512_core_bf16);
  const auto usable = static_cast<unsigned>(dnnl::get_effective_cpu_isa());
  return (usable & kBfloat16) == kBfloat16 ? wanted : Precision::kFloat32;
}

std::size_t cpu_replica_bytes(const Network& network, const ReplicaOptions& options) {
  return with_onednn(network, [&] { return plan_cpu_step(network, options).bytes; });
}

}  // namespace forebay
