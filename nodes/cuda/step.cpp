#include <forebay/nodes/cuda/step.hpp>

#include <fmt/format.h>

#include <algorithm>

#include <forebay/graph/error.hpp>
#include <forebay/nodes/cuda/fusions.hpp>
#include <forebay/nodes/cuda/kernels/update.hpp>
#include <forebay/nodes/cuda/ops/add.hpp>
#include <forebay/nodes/cuda/ops/convolve.hpp>
#include <forebay/nodes/cuda/ops/norm.hpp>
#include <forebay/nodes/cuda/ops/pool.hpp>
#include <forebay/nodes/network/fused.hpp>

namespace forebay::cuda {
namespace {

// What cudaMalloc gives: whole lines of the cache for every buffer.
constexpr std::size_t kAlignment = 256;

/// Fills in a step whose activations are `Value`s.
template <class Value>
class Compiler {
 public:
  Compiler(const Network& network, const StepOptions& options, Convolver& convolver, Step& step)
      : network_(network),
        fused_(fuse(network)),
        options_(options),
        convolver_(convolver),
        step_(step) {}

  void run() {
    for (const ImageShape& shape : fused_.tensors) planner().tensors.emplace_back().shape = shape;
    planner().tensor(kImages).shape.channels = std::max(network_.input().channels, 4);
    add_shared_buffers();
    choose_fusions();
    for (std::size_t i = 0; i < fused_.layers.size(); ++i) compile_layer(i);
    auto loss = std::make_unique<Loss<Value>>(static_cast<int>(fused_.tensors.size()) - 1,
                                              options_.label_smoothing, step_.loss,
                                              step_.shared.loss_scale);
    const Loss<Value>& last = *loss;
    step_.ops.push_back(std::move(loss));
    walk_through();
    step_.logits = last.logits();
  }

 private:
  Planner& planner() { return step_.planner; }

  void add_shared_buffers() {
    parameter_offsets_ = offsets_of(network_.parameters);
    statistics_offsets_ = offsets_of(network_.buffers);
    step_.shared = {.parameters = planner().keep_floats(parameter_offsets_.back()),
                    .gradients = planner().keep_floats(parameter_offsets_.back()),
                    .statistics = planner().keep_floats(statistics_offsets_.back()),
                    .loss_scale = planner().keep(sizeof(LossScale))};
    const ImageShape& image = network_.input();
    step_.image_bytes = static_cast<std::size_t>(image.channels * image.height * image.width) *
                        value_bytes(options_.images.type);
    for (InputBuffers& input : step_.inputs) {
      input = {.images = planner().keep(options_.rows * step_.image_bytes),
               .labels = planner().keep(options_.rows * sizeof(int))};
    }
    step_.loss = planner().keep(sizeof(BatchLoss));
    step_.update = {.velocity = planner().keep_floats(parameter_offsets_.back()),
                    .lr = planner().keep_floats(1),
                    .ranges = planner().keep(network_.parameters.size() * sizeof(ParameterRange))};
    if (options_.sgd.kind == SgdKind::kLars) {
      step_.trust_ratios = std::make_unique<TrustRatios>(network_, options_.sgd, planner());
    }
    if (options_.reduced != ValueType::kFloat32) {
      step_.update.reduced = planner().keep(parameter_offsets_.back() * sizeof(__half));
    }
  }

  void choose_fusions() {
    fusions_ = cuda::choose_fusions(network_, fused_, options_.rows, options_.type, convolver_);
    for (const FusedLayer& layer : fused_.layers) {
      const bool norm = layer.kind == LayerKind::kBatchNorm;
      step_.norms.push_back(norm ? std::make_unique<NormShare>() : nullptr);
    }
    for (const FusionChoice& choice : fusions_) {
      if (choice.norm_before >= 0) norm(choice.norm_before)->applied_behind = true;
      if (choice.norm_behind >= 0) norm(choice.norm_behind)->sums_given = true;
    }
  }

  /// Of a layer; null where there is none.
  NormShare* norm(int layer) const {
    return layer < 0 ? nullptr : step_.norms[static_cast<std::size_t>(layer)].get();
  }

  // Forward, loss and backward, as they will run.
  void walk_through() {
    for (const auto& op : step_.ops) {
      op->plan_forward(planner());
      planner().next_moment();
    }
    for (auto op = step_.ops.rbegin(); op != step_.ops.rend(); ++op) {
      planner().next_moment();
      (*op)->plan_backward(planner());
    }
  }

  void refuse(const Layer& layer, std::string_view what) const {
    throw Error(fmt::format("{}: no kernel of the GPU's runs layer {}: {}", network_.name,
                            layer.name, what));
  }

  void want_whole_packs(const Layer& layer) const {
    if (layer.output.channels % static_cast<int>(kPack) == 0) return;
    refuse(layer, fmt::format("it has {} channels, which are no multiple of {}",
                              layer.output.channels, kPack));
  }

  template <class AnyOp, class... Arguments>
  void emit(Arguments&&... arguments) {
    step_.ops.push_back(std::make_unique<AnyOp>(std::forward<Arguments>(arguments)...));
  }

  void compile_layer(std::size_t index) {
    const FusedLayer& fused = fused_.layers[index];
    const Layer& layer = network_.layers[static_cast<std::size_t>(fused.layer)];
    const float floor = fused.relu ? 0 : kNoFloor;
    switch (fused.kind) {
      case LayerKind::kInput:
        emit<Images<Value>>(static_cast<Index>(layer.output.channels), options_.images);
        break;
      case LayerKind::kConvolution:
      case LayerKind::kLinear:
        compile_weighted(fused, layer, fusions_[index]);
        break;
      case LayerKind::kBatchNorm:
        want_whole_packs(layer);
        emit<Norm<Value>>(fused.input, fused.other, fused.output, floor, norm_places(fused.layer),
                          step_.shared, *step_.norms[index]);
        break;
      case LayerKind::kRelu:
      case LayerKind::kAdd:
        emit<Add<Value>>(fused.input, fused.other, fused.output, floor);
        break;
      case LayerKind::kMaxPool:
        want_whole_packs(layer);
        emit<MaxPooling<Value>>(layer, fused.input, fused.output, planner());
        break;
      case LayerKind::kGlobalAveragePool:
        want_whole_packs(layer);
        emit<AveragePooling<Value>>(fused.input, fused.output);
        break;
      case LayerKind::kFlatten:
        break;  // is no layer of its own
    }
  }

  void compile_weighted(const FusedLayer& fused, const Layer& layer, const FusionChoice& choice) {
    const Tensor& input = planner().tensor(fused.input);
    if (layer.kind == LayerKind::kLinear && input.pixels() > 1) {
      refuse(layer, "it reads flattened images");
    }
    WeightPlaces places;
    WeightShape shape{};
    for (std::size_t i = 0; i < network_.parameters.size(); ++i) {
      const Parameter& parameter = network_.parameters[i];
      if (parameter.layer != fused.layer) continue;
      places.indices.push_back(static_cast<int>(i));
      if (parameter.role == ParameterRole::kBias) {
        places.bias = parameter_offsets_[i];
      } else {
        places.weight = parameter_offsets_[i];
        shape.out_channels = static_cast<Index>(parameter.shape[0]);
        shape.in_channels = static_cast<Index>(parameter.shape[1]);
      }
    }
    const Convolution convolution = convolution_of(network_, layer, options_.rows);
    shape.padded = static_cast<Index>(convolution.in_channels);
    shape.window = static_cast<Index>(convolution.kernel * convolution.kernel);
    const ConvolutionPlace place{.input = fused.input,
                                 .output = fused.output,
                                 .before = norm(choice.norm_before),
                                 .behind = norm(choice.norm_behind)};
    emit<Convolve<Value>>(convolution, options_.type, shape, place, std::move(places), step_.shared,
                          convolver_);
  }

  NormPlaces norm_places(int layer) const {
    NormPlaces places;
    for (std::size_t i = 0; i < network_.parameters.size(); ++i) {
      const Parameter& parameter = network_.parameters[i];
      if (parameter.layer != layer) continue;
      places.indices.push_back(static_cast<int>(i));
      const bool shifts = parameter.role == ParameterRole::kNormBias;
      (shifts ? places.beta : places.gamma) = parameter_offsets_[i];
    }
    std::size_t first = 0;
    while (network_.buffers[first].layer != layer) ++first;
    places.running_mean = statistics_offsets_[first];
    places.running_variance = statistics_offsets_[first + 1];
    return places;
  }

  const Network& network_;
  const FusedNetwork fused_;
  const StepOptions& options_;
  Convolver& convolver_;
  Step& step_;
  std::vector<FusionChoice> fusions_;  // by layer of `fused_`
  std::vector<std::size_t> parameter_offsets_, statistics_offsets_;
};

void check(const Network& network, const StepOptions& options) {
  if (options.rows < 1) {
    throw Error(fmt::format("{}: cannot plan for a GPU: rows is 0; give 1 or more", network.name));
  }
  if (!(options.label_smoothing >= 0 && options.label_smoothing < 1)) {
    throw Error(
        fmt::format("{}: cannot plan for a GPU: label_smoothing is {}; give 0 or more, below 1",
                    network.name, options.label_smoothing));
  }
}

ValueType type_of(Precision precision) {
  switch (precision) {
    case Precision::kFloat16:
      return ValueType::kFloat16;
    case Precision::kBfloat16:
      return ValueType::kBfloat16;
    case Precision::kFloat32:
      break;
  }
  return ValueType::kFloat32;
}

}  // namespace

StepOptions step_options(const ReplicaOptions& options, const SgdOptions& sgd) {
  const bool tf32 = options.tf32 && options.precision == Precision::kFloat32;
  return {.rows = options.rows,
          .label_smoothing = options.label_smoothing,
          .type = tf32 ? ValueType::kTf32 : type_of(options.precision),
          .reduced = type_of(options.reduce_in),
          .images = options.images,
          .sgd = sgd};
}

Step plan_step(const Network& network, const StepOptions& options, Convolver& convolver) {
  check(network, options);
  Step step{.planner = Planner(options.rows, /*thread_count=*/1, kAlignment)};
  switch (options.type) {
    case ValueType::kFloat16:
      Compiler<__half>(network, options, convolver, step).run();
      break;
    case ValueType::kBfloat16:
      Compiler<__nv_bfloat16>(network, options, convolver, step).run();
      break;
    case ValueType::kFloat32:
    case ValueType::kTf32:
      Compiler<float>(network, options, convolver, step).run();
      break;
  }
  step.bytes = step.planner.plan().place();
  return step;
}

}  // namespace forebay::cuda
