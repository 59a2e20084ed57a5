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

Activation activation_of(const FusedLayer& layer) {
  return layer.relu ? Activation::kRelu : Activation::kNone;
}

class Compiler {
 public:
  Compiler(const Network& network, Precision precision, Planner& planner, const FlatArrays& arrays)
      : network_(network), precision_(precision), planner_(planner), arrays_(arrays) {}

  CompiledNetwork run() && {
    const FusedNetwork fused = fuse(network_);
    for (const ImageShape& shape : fused.tensors) planner_.tensors.emplace_back().shape = shape;
    begin_group(fused, 0);
    for (std::size_t i = 0; i < fused.layers.size(); ++i) {
      if (fused.layers[i].kind == LayerKind::kBatchNorm) {
        compile_norm(fused, i);
      } else {
        compile_layer(fused.layers[i]);
      }
    }
    emit_logits();
    end_group();
    return std::move(result_);
  }

 private:
  void emit_logits();
  void begin_group(const FusedNetwork& fused, std::size_t first);
  void end_group();
  void hold_blocks(const FusedNetwork& fused, std::size_t first, std::size_t end);
  template <class May>
  bool only_read_by(const FusedNetwork& fused, int tensor, const May& may) const;
  bool sums_blocks(const FusedLayer& layer) const;
  GroupSize size_of_group(const FusedNetwork& fused, std::size_t first, std::size_t end) const;
  std::size_t weight_bytes(int layer) const;
  std::size_t value_size() const {
    return precision_ == Precision::kFloat32 ? sizeof(float) : sizeof(Bfloat16);
  }
  void compile_norm(const FusedNetwork& fused, std::size_t index);
  template <class Value>
  void emit_norm(const FusedNetwork& fused, std::size_t index);
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
  void add_op(std::unique_ptr<Op> op) {
    run_forward(*op);
    run_backward(*op);
    result_.ops.push_back(std::move(op));
  }
  void run_forward(Op& op) { result_.groups.back().forward.push_back(&op); }
  void run_backward(Op& op) {
    auto& ops = result_.groups.back().backward;
    ops.insert(ops.begin(), &op);
  }

  const Network& network_;
  const Precision precision_;
  Planner& planner_;
  const FlatArrays& arrays_;
  CompiledNetwork result_;
  std::unique_ptr<Op> repeat_;  // of the norm in front of this group, where it is computed again
};

void Compiler::emit_logits() {
  const int last = static_cast<int>(planner_.tensors.size()) - 1;
  const ImageShape shape = planner_.tensor(last).shape;
  planner_.tensors.emplace_back().shape = shape;
  result_.logits = last + 1;
  emit<Logits>(last, result_.logits);
}

std::size_t Compiler::weight_bytes(int layer) const {
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < network_.parameters.size(); ++i) {
    if (network_.parameters[i].layer != layer) continue;
    bytes += value_size() * (arrays_.parameter_offsets[i + 1] - arrays_.parameter_offsets[i]);
  }
  return bytes;
}

GroupSize Compiler::size_of_group(const FusedNetwork& fused, std::size_t first,
                                  std::size_t end) const {
  GroupSize size;
  const auto add = [&](int tensor) {
    if (tensor >= 0) size.bytes_of_row += value_size() * planner_.tensor(tensor).row_size();
  };
  add(fused.layers[first].input);
  for (std::size_t i = first; i < end; ++i) {
    add(fused.layers[i].output);
    size.weight_bytes += weight_bytes(fused.layers[i].layer);
  }
  return size;
}

void Compiler::begin_group(const FusedNetwork& fused, std::size_t first) {
  std::size_t end = first + 1;
  while (end < fused.layers.size() && fused.layers[end].kind != LayerKind::kBatchNorm) ++end;
  const std::size_t block =
      block_rows(planner_.rows, planner_.threads, size_of_group(fused, first, end));
  result_.groups.push_back({.forward = {}, .backward = {}, .block = block});
  if (block < planner_.rows) hold_blocks(fused, first, end);
}

void Compiler::end_group() {
  if (repeat_ != nullptr) add_op(std::move(repeat_));
}

bool Compiler::sums_blocks(const FusedLayer& layer) const {
  return layer.kind == LayerKind::kConvolution && precision_ == Precision::kBfloat16 &&
         forebay::sums_blocks(network_.layers[static_cast<std::size_t>(layer.layer)],
                              planner_.tensor(layer.input).shape);
}

/// Whether layers read a tensor as their input alone, and only those that `may`, by their index.
template <class May>
bool Compiler::only_read_by(const FusedNetwork& fused, int tensor, const May& may) const {
  if (tensor + 1 == static_cast<int>(fused.tensors.size())) return false;  // the logits read it
  for (std::size_t i = 0; i < fused.layers.size(); ++i) {
    const FusedLayer& layer = fused.layers[i];
    if (layer.other == tensor || (layer.input == tensor && !may(i))) return false;
  }
  return true;
}

// What only norms and convolutions of one group use need not be in memory for more than a block.
void Compiler::hold_blocks(const FusedNetwork& fused, std::size_t first, std::size_t end) {
  const std::size_t block = result_.groups.back().block;
  const auto sums_here = [&](std::size_t i) {
    return i >= first && i < end && sums_blocks(fused.layers[i]);
  };
  const auto is_next_norm = [&](std::size_t i) { return i == end; };
  for (std::size_t i = first; i < end; ++i) {
    const int output = fused.layers[i].output;
    if (sums_here(i) && only_read_by(fused, output, is_next_norm)) {
      planner_.tensor(output).gradient_rows = block;
    }
  }
  const FusedLayer& norm = fused.layers[first];
  if (norm.kind == LayerKind::kBatchNorm && norm.other < 0 &&
      only_read_by(fused, norm.output, sums_here)) {
    planner_.tensor(norm.output).value_rows = block;
  }
}

void Compiler::compile_norm(const FusedNetwork& fused, std::size_t index) {
  if (precision_ == Precision::kFloat32) {
    emit_norm<float>(fused, index);
  } else {
    emit_norm<Bfloat16>(fused, index);
  }
}

template <class Value>
void Compiler::emit_norm(const FusedNetwork& fused, std::size_t index) {
  const FusedLayer& layer = fused.layers[index];
  auto norm =
      std::make_unique<Norm<Value>>(layer.input, layer.other, layer.output, activation_of(layer),
                                    parameters_of(layer.layer), statistics_of(layer.layer));
  auto& shared = *norm;
  end_group();
  add_op(std::make_unique<NormMoments<Value>>(shared));
  run_backward(shared);
  begin_group(fused, index);
  run_forward(shared);
  result_.ops.push_back(std::move(norm));
  add_op(std::make_unique<NormGradientMoments<Value>>(shared));
  if (planner_.tensor(layer.output).value_rows != 0) {
    repeat_ = std::make_unique<NormRepeat<Value>>(shared);
  }
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
  const std::size_t block = result_.groups.back().block;
  const int input = fused.input, other = fused.other, output = fused.output;
  switch (fused.kind) {
    case LayerKind::kInput:
      emit<Images>();
      break;
    case LayerKind::kConvolution:
    case LayerKind::kLinear:
      emit<Weighted>(layer, input, output, parameters_of(fused.layer), block, planner_);
      break;
    case LayerKind::kBatchNorm:
      break;  // see compile_norm
    case LayerKind::kRelu:
    case LayerKind::kAdd:
      emit<Add>(input, other, output, activation_of(fused), planner_);
      break;
    case LayerKind::kMaxPool:
      emit<MaxPool>(layer, input, output, block, planner_);
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
