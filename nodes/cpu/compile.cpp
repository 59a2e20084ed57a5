#include <forebay/nodes/cpu/compile.hpp>

#include <memory>
#include <utility>

#include <forebay/nodes/cpu/layers/add.hpp>
#include <forebay/nodes/cpu/layers/ends.hpp>
#include <forebay/nodes/cpu/layers/norm.hpp>
#include <forebay/nodes/cpu/layers/pool.hpp>
#include <forebay/nodes/cpu/layers/weighted.hpp>
#include <forebay/nodes/network/fused.hpp>

namespace forebay {
namespace {

class Compiler {
 public:
  Compiler(const Network& network, Precision precision, Planner& planner, const FlatArrays& arrays)
      : network_(network), precision_(precision), planner_(planner), arrays_(arrays) {}

  CompiledNetwork run() && {
    const FusedNetwork fused = fuse(network_);
    for (const ImageShape& shape : fused.tensors) planner_.tensors.emplace_back().shape = shape;
    for (const FusedLayer& layer : fused.layers) compile_layer(layer);
    emit_logits();
    return std::move(result_);
  }

 private:
  void emit_logits();
  void compile_layer(const FusedLayer& fused);
  ParameterPlaces parameters_of(int index) const;
  StatisticsPlaces statistics_of(int index) const;

  template <template <class> class AnyOp, class... Arguments>
  void emit(Arguments&&... arguments) {
    if (precision_ == Precision::kFloat32) {
      add_op(std::make_unique<AnyOp<float>>(std::forward<Arguments>(arguments)...));
    } else {
      add_op(std::make_unique<AnyOp<Bfloat16>>(std::forward<Arguments>(arguments)...));
    }
  }
  void add_op(std::unique_ptr<Op> op) { result_.ops.push_back(std::move(op)); }

  const Network& network_;
  const Precision precision_;
  Planner& planner_;
  const FlatArrays& arrays_;
  CompiledNetwork result_;
};

void Compiler::emit_logits() {
  const int last = static_cast<int>(planner_.tensors.size()) - 1;
  const ImageShape shape = planner_.tensor(last).shape;
  planner_.tensors.emplace_back().shape = shape;
  result_.logits = last + 1;
  emit<Logits>(last, result_.logits);
}

ParameterPlaces Compiler::parameters_of(int index) const {
  ParameterPlaces places;
  places.gradients = arrays_.gradients;
  for (std::size_t i = 0; i < network_.parameters.size(); ++i) {
    if (network_.parameters[i].layer != index) continue;
    places.indices.push_back(static_cast<int>(i));
    places.offsets.push_back(arrays_.parameter_offsets[i]);
  }
  return places;
}

StatisticsPlaces Compiler::statistics_of(int index) const {
  std::size_t first = 0;
  while (network_.buffers[first].layer != index) ++first;
  return {.mean = arrays_.buffer_offsets[first],
          .variance = arrays_.buffer_offsets[first + 1],
          .buffer = arrays_.buffers};
}

void Compiler::compile_layer(const FusedLayer& fused) {
  const Layer& layer = network_.layers[static_cast<std::size_t>(fused.layer)];
  const int input = fused.input, other = fused.other, output = fused.output;
  const Activation activation = fused.relu ? Activation::kRelu : Activation::kNone;
  switch (fused.kind) {
    case LayerKind::kInput:
      emit<Images>();
      break;
    case LayerKind::kConvolution:
    case LayerKind::kLinear:
      emit<Weighted>(layer, input, output, parameters_of(fused.layer), planner_);
      break;
    case LayerKind::kBatchNorm:
      emit<Norm>(input, other, output, activation, parameters_of(fused.layer),
                 statistics_of(fused.layer));
      break;
    case LayerKind::kRelu:
    case LayerKind::kAdd:
      emit<Add>(input, other, output, activation, planner_);
      break;
    case LayerKind::kMaxPool:
      emit<MaxPool>(layer, input, output, planner_);
      break;
    case LayerKind::kGlobalAveragePool:
      emit<AveragePool>(input, output, planner_);
      break;
    case LayerKind::kFlatten:
      break;  // is no layer of its own
  }
}

}  // namespace

CompiledNetwork compile(const Network& network, Precision precision, Planner& planner,
                        const FlatArrays& arrays) {
  return Compiler(network, precision, planner, arrays).run();
}

}  // namespace forebay
