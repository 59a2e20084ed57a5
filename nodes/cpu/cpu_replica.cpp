#include <forebay/nodes/cpu/cpu_replica.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <new>

#include <forebay/graph/error.hpp>
#include <forebay/nodes/cpu/loss.hpp>
#include <forebay/nodes/cpu/onednn.hpp>
#include <forebay/nodes/cpu/parallel.hpp>

namespace forebay {
namespace {

constexpr std::align_val_t kAlignment{64};

template <class Tensors>
std::vector<std::size_t> offsets_of(const Tensors& tensors) {
  std::vector<std::size_t> offsets{0};
  for (const auto& tensor : tensors) {
    offsets.push_back(offsets.back() + static_cast<std::size_t>(elements(tensor.shape)));
  }
  return offsets;
}

const ReplicaOptions& checked(const Network& network, const ReplicaOptions& options) {
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
  return options;
}

}  // namespace

void CpuReplica::Free::operator()(std::byte* block) const { ::operator delete(block, kAlignment); }

CpuReplica::CpuReplica(const Network& network, const ReplicaOptions& options)
    : name_(network.name),
      classes_(static_cast<std::size_t>(network.classes)),
      options_(checked(network, options)),
      arrays_{.parameter_offsets = offsets_of(network.parameters),
              .buffer_offsets = offsets_of(network.buffers)},
      planner_(options.rows, options.threads),
      buckets_(arrays_.parameter_offsets, options.bucket_bytes) {
  const TeamSize team(options_.threads);
  arrays_.gradients = planner_.keep_floats(arrays_.parameter_offsets.back());
  arrays_.buffers = planner_.keep_floats(arrays_.buffer_offsets.back());
  compiled_ = compile(network, planner_, arrays_);
  plan_step();
  take_memory();
  for (std::size_t i = 0; i < network.buffers.size(); ++i) {
    std::fill(buffers_.begin() + static_cast<std::ptrdiff_t>(arrays_.buffer_offsets[i]),
              buffers_.begin() + static_cast<std::ptrdiff_t>(arrays_.buffer_offsets[i + 1]),
              network.buffers[i].initial);
  }
}

void CpuReplica::plan_step() {
  Tensor& images = planner_.tensor(kImages);
  images.value = planner_.write_floats(options_.rows * images.row_size());
  for (const auto& op : compiled_.ops) {
    op->plan_forward(planner_);
    planner_.next_moment();
  }
  Tensor& logits = planner_.tensor(compiled_.logits);
  planner_.read(logits.value);
  logits_gradient_ = planner_.write_floats(options_.rows * logits.row_size());
  logits.gradients.push_back(logits_gradient_);
  for (auto op = compiled_.ops.rbegin(); op != compiled_.ops.rend(); ++op) {
    planner_.next_moment();
    (*op)->plan_backward(planner_);
  }
}

void CpuReplica::take_memory() {
  memory_bytes_ = planner_.plan().place();
  try {
    memory_.reset(static_cast<std::byte*>(::operator new(memory_bytes_, kAlignment)));
  } catch (const std::bad_alloc&) {
    throw Error(
        fmt::format("{}: a replica of {} rows needs {} MiB, which the system refuses; "
                    "give fewer rows",
                    name_, options_.rows, memory_bytes_ >> 20));
  }
  const Arena arena(memory_.get(), planner_.plan());
  for (const auto& op : compiled_.ops) op->bind(arena, planner_);
  const std::size_t logits = options_.rows * classes_;
  padded_images_ = arena.floats(planner_.tensor(kImages).value);
  logits_ = {arena.floats(planner_.tensor(compiled_.logits).value), logits};
  logits_gradients_ = {arena.floats(logits_gradient_), logits};
  gradients_ = {arena.floats(arrays_.gradients), arrays_.parameter_offsets.back()};
  buffers_ = {arena.floats(arrays_.buffers), arrays_.buffer_offsets.back()};
}

void CpuReplica::check_shard(const Shard& shard, const char* what) const {
  if (shard.labels.size() != shard.rows) {
    throw Error(fmt::format("{}: cannot {} {} rows with {} labels; give a label for each row",
                            name_, what, shard.rows, shard.labels.size()));
  }
  for (std::size_t row = 0; row < shard.rows; ++row) {
    const int label = shard.labels[row];
    if (label < 0 || static_cast<std::size_t>(label) >= classes_) {
      throw Error(
          fmt::format("{}: cannot {} row {}: its label {} is outside the network's {} "
                      "classes; set the number of classes to that of the data",
                      name_, what, row, label, classes_));
    }
  }
}

void CpuReplica::run_forward(Mode mode, const float* images) {
  const Pass pass{.mode = mode, .images = images};
  for (const auto& op : compiled_.ops) op->forward(pass);
}

StepResult CpuReplica::forward_backward(
    const Shard& shard, const std::function<void(const GradientBucket&)>& on_bucket) {
  if (shard.rows != options_.rows) {
    throw Error(
        fmt::format("{}: cannot train {} rows: the replica was compiled for {}; give as "
                    "many",
                    name_, shard.rows, options_.rows));
  }
  check_shard(shard, "train");
  const TeamSize team(options_.threads);
  run_forward(Mode::kTraining, shard.images);
  const StepResult result =
      cross_entropy(logits_, shard.labels, classes_, options_.label_smoothing, logits_gradients_);
  buckets_.start();
  const Pass pass{.mode = Mode::kTraining, .images = shard.images};
  for (auto op = compiled_.ops.rbegin(); op != compiled_.ops.rend(); ++op) {
    (*op)->backward(pass);
    buckets_.complete((*op)->parameters(), gradients_, on_bucket);
  }
  return result;
}

StepResult CpuReplica::evaluate(const Shard& shard, std::span<float> logits) {
  if (shard.rows > options_.rows) {
    throw Error(
        fmt::format("{}: cannot evaluate {} rows: the replica was compiled for {}; give "
                    "no more",
                    name_, shard.rows, options_.rows));
  }
  check_shard(shard, "evaluate");
  const auto used = logits_.first(shard.rows * classes_);
  if (!logits.empty() && logits.size() < used.size()) {
    throw Error(fmt::format("{}: cannot give the logits of {} rows in {} values; give room for {}",
                            name_, shard.rows, logits.size(), used.size()));
  }
  if (shard.rows == 0) return {};
  const TeamSize team(options_.threads);
  const float* images = shard.images;
  if (shard.rows < options_.rows) {
    // Rows do not mix in inference mode, so what the rest holds is of no matter.
    const std::size_t row_size = planner_.tensor(kImages).row_size();
    float* end = std::copy_n(images, shard.rows * row_size, padded_images_);
    std::fill(end, padded_images_ + options_.rows * row_size, 0.0F);
    images = padded_images_;
  }
  run_forward(Mode::kInference, images);
  if (!logits.empty()) std::copy(used.begin(), used.end(), logits.begin());
  return cross_entropy(used, shard.labels, classes_, /*label_smoothing=*/0);
}

void CpuReplica::load_parameters(const Weights& weights, std::size_t begin, std::size_t count) {
  const TeamSize alone(1);
  for (const auto& op : compiled_.ops) {
    for (std::size_t which = 0; which < op->parameters().size(); ++which) {
      const auto parameter = static_cast<std::size_t>(op->parameters()[which]);
      const bool touched = arrays_.parameter_offsets[parameter] < begin + count &&
                           arrays_.parameter_offsets[parameter + 1] > begin;
      if (touched) op->load(which, weights.parameters().data());
    }
  }
}

void CpuReplica::load_buffers(const Weights& weights) {
  std::copy(weights.buffers().begin(), weights.buffers().end(), buffers_.begin());
}

std::unique_ptr<Replica> make_cpu_replica(const Network& network, const ReplicaOptions& options) {
  try {
    return std::make_unique<CpuReplica>(network, options);
  } catch (const dnnl::error& error) {
    throw Error(
        fmt::format("{}: oneDNN cannot run it on this CPU: {}", network.name, error.what()));
  }
}

}  // namespace forebay
