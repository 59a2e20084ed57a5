#include <cuda_runtime.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>

#include <forebay/nodes/cuda/check.hpp>
#include <forebay/nodes/cuda/cudnn/cudnn_convolver.hpp>
#include <forebay/nodes/cuda/device.hpp>
#include <forebay/nodes/cuda/gpu_memory.hpp>
#include <forebay/nodes/cuda/step.hpp>
#include <forebay/nodes/network/fused.hpp>
#include <forebay/nodes/network/weights.hpp>

#include "commands.hpp"

namespace forebay::device {
namespace {

/// Milliseconds, and what no kernel can do without: each array that is not another op's scratch
/// read or written once, what a norm sums before it uses it once more, and the operations of
/// convolutions.
struct Cost {
  double ms = 0, gb = 0, tflop = 0;

  Cost& operator+=(const Cost& other) {
    ms += other.ms;
    gb += other.gb;
    tflop += other.tflop;
    return *this;
  }
};

/// Marks on a stream, and the milliseconds between neighbours.
class Marks {
 public:
  explicit Marks(std::size_t count) : events_(count) {
    for (cudaEvent_t& event : events_) cuda::check(cudaEventCreate(&event), "make an event");
  }
  ~Marks() {
    for (cudaEvent_t event : events_) cudaEventDestroy(event);
  }
  Marks(const Marks&) = delete;  // destroyed once

  void set(std::size_t index, cudaStream_t stream) {
    cuda::check(cudaEventRecord(events_[index], stream), "mark a stream");
  }
  double ms_after(std::size_t index) const {
    float ms = 0;
    cuda::check(cudaEventElapsedTime(&ms, events_[index], events_[index + 1]), "time a stream");
    return static_cast<double>(ms);
  }

 private:
  std::vector<cudaEvent_t> events_;
};

/// A step without its updates, in memory of its own.
class TimedStep {
 public:
  TimedStep(const Network& network, const ReplicaOptions& options, const GpuId& gpu)
      : network_(network),
        fused_(fuse(network)),
        rows_(options.rows),
        convolver_(gpu),
        step_(cuda::plan_step(network, cuda::step_options(options), convolver_)),
        memory_(gpu.number, step_.bytes),
        arena_(memory_.data(), step_.planner.plan()),
        stream_(gpu),
        marks_(2 * step_.ops.size() + 1) {
    for (const auto& op : step_.ops) op->bind(arena_, step_.planner);
    fill();
  }

  /// By kind of layer and direction; `value` bytes of an activation.
  std::map<std::string, Cost> run(std::size_t value) {
    constexpr int kRuns = 6;  // all are queued before the first has ended, so that no kernel waits
    for (int i = 0; i < kRuns; ++i) queue();
    stream_.synchronize();
    std::map<std::string, Cost> costs;
    const std::size_t count = step_.ops.size();
    for (std::size_t i = 0; i < count; ++i) {
      Cost forward = least(i, value, 1), backward = least(i, value, 2);
      forward.ms = marks_.ms_after(i);
      backward.ms = marks_.ms_after(2 * count - 1 - i);
      costs[name(i) + " forward"] += forward;
      costs[name(i) + " backward"] += backward;
    }
    return costs;
  }

 private:
  void fill() {
    Weights weights(network_);
    weights.initialise(1);
    const cuda::LossScale scale{.scale = 1, .inverse = 1};
    const Batch batch(network_, rows_, kPixels.type);
    stream_.copy(arena_.bytes(step_.shared.parameters), weights.parameters().data(),
                 weights.parameters().size_bytes());
    stream_.copy(arena_.bytes(step_.shared.statistics), weights.buffers().data(),
                 weights.buffers().size_bytes());
    stream_.copy(arena_.bytes(step_.shared.loss_scale), &scale, sizeof(scale));
    const Shard shard = batch.shard();
    stream_.copy(arena_.bytes(step_.inputs[0].images), shard.images, batch.bytes());
    stream_.copy(arena_.bytes(step_.inputs[0].labels), shard.labels.data(),
                 shard.labels.size_bytes());
    for (const auto& op : step_.ops) op->load({.stream = stream_.get()});
    stream_.synchronize();
  }

  void queue() {
    const cuda::Pass pass{.mode = Mode::kTraining,
                          .stream = stream_.get(),
                          .images = arena_.bytes(step_.inputs[0].images),
                          .labels = arena_.values<int>(step_.inputs[0].labels),
                          .rows = rows_};
    std::size_t mark = 0;
    marks_.set(mark, pass.stream);
    for (const auto& op : step_.ops) {
      op->forward(pass);
      marks_.set(++mark, pass.stream);
    }
    for (auto op = step_.ops.rbegin(); op != step_.ops.rend(); ++op) {
      (*op)->backward(pass);
      marks_.set(++mark, pass.stream);
    }
  }

  bool is_loss(std::size_t op) const { return op + 1 == step_.ops.size(); }

  /// The layers that have an op, in order.
  const FusedLayer& layer(std::size_t op) const {
    std::size_t seen = 0;
    for (const FusedLayer& each : fused_.layers) {
      if (each.kind != LayerKind::kFlatten && seen++ == op) return each;
    }
    return fused_.layers.back();
  }

  /// By kind and by the size of what it reads: what limits a convolution depends on it.
  std::string name(std::size_t op) const {
    if (is_loss(op)) return kind(op);
    const int read = std::max(layer(op).input, kImages);  // those of the batch are no tensor
    const ImageShape& shape = step_.planner.tensor(read).shape;
    return fmt::format("{} of {}x{}", kind(op), shape.height, shape.width);
  }

  std::string kind(std::size_t op) const {
    if (is_loss(op)) return "loss";
    const Layer& its = network_.layers[static_cast<std::size_t>(layer(op).layer)];
    switch (layer(op).kind) {
      case LayerKind::kInput:
        return "images";
      case LayerKind::kConvolution:
        return fmt::format("convolution {0}x{0}", its.kernel);
      case LayerKind::kLinear:
        return "linear";
      case LayerKind::kBatchNorm:
        return layer(op).other < 0 ? "norm" : "norm with add";
      case LayerKind::kMaxPool:
        return "max-pool";
      case LayerKind::kGlobalAveragePool:
        return "average-pool";
      case LayerKind::kRelu:
      case LayerKind::kAdd:
      case LayerKind::kFlatten:
        break;
    }
    return "add";
  }

  /// Of one direction: `products` for each value of a layer's output, forward 1 and backward 2. The
  /// gradient of the images is made by none.
  Cost least(std::size_t op, std::size_t value, int products) const {
    if (is_loss(op)) return {};
    const FusedLayer& its = layer(op);
    const bool from_images = its.input == kImages;
    const double output = values(its.output);
    const double inputs = values(its.input) + values(its.other);
    double arrays = products == 1 ? inputs + output : output + (from_images ? 1 : 2) * inputs;
    if (its.kind == LayerKind::kBatchNorm) {
      arrays += values(its.input) + (products == 2 ? output : 0);
    }
    const double flop = static_cast<double>(
        layer_flops(network_, network_.layers[static_cast<std::size_t>(its.layer)]));
    const int made = products == 2 && from_images ? 1 : products;
    return {.gb = arrays * static_cast<double>(value) * 1e-9,
            .tflop = made * flop * static_cast<double>(rows_) * 1e-12};
  }

  double values(int tensor) const {
    if (tensor < 0) return 0;
    return static_cast<double>(rows_ * step_.planner.tensor(tensor).row_size());
  }

  const Network& network_;
  const FusedNetwork fused_;
  const std::size_t rows_;
  cuda::CudnnConvolver convolver_;
  cuda::Step step_;
  const cuda::GpuMemory memory_;
  const Arena arena_;
  cuda::Stream stream_;
  Marks marks_;
};

}  // namespace

void layers(int depth, std::size_t rows, const Type& type) {
  const Network network = resnet(depth);
  const std::size_t value = type.precision == Precision::kFloat32 ? 4 : 2;
  TimedStep step(network,
                 {.rows = rows, .precision = type.precision, .tf32 = type.tf32, .images = kPixels},
                 gpu());
  step.run(value);  // kernels and plans are loaded
  const char* before = "{";
  for (const auto& [name, cost] : step.run(value)) {
    fmt::print(R"({}"{}": {{"ms": {:.3f}, "gb": {:.2f}, "tflop": {:.3f}}})", before, name, cost.ms,
               cost.gb, cost.tflop);
    before = ", ";
  }
  fmt::print("}}\n");
}

}  // namespace forebay::device
