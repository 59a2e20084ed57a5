#include <forebay/nodes/cpu/compile.hpp>

#include <fmt/format.h>

#include <algorithm>

#include <forebay/graph/error.hpp>
#include <forebay/nodes/cpu/layers/add.hpp>
#include <forebay/nodes/cpu/layers/ends.hpp>
#include <forebay/nodes/cpu/layers/norm.hpp>
#include <forebay/nodes/cpu/layers/pool.hpp>
#include <forebay/nodes/cpu/layers/weighted.hpp>

namespace forebay {
namespace {

constexpr int kNone = -1;

class Compiler {
 public:
  Compiler(const Network& network, Precision precision, Planner& planner, const FlatArrays& arrays)
      : network_(network),
        precision_(precision),
        planner_(planner),
        arrays_(arrays),
        tensor_of_(network.layers.size()) {
    find_readers();
  }

  CompiledNetwork run() && {
    for (int i = 0; i < static_cast<int>(network_.layers.size()); ++i) compile_layer(i);
    emit_logits();
    return std::move(result_);
  }

 private:
  const Layer& layer(int index) const { return network_.layers[static_cast<std::size_t>(index)]; }
  int& tensor_of(int index) { return tensor_of_[static_cast<std::size_t>(index)]; }
  int input_tensor(const Layer& of, std::size_t i = 0) { return tensor_of(of.inputs[i]); }

  /// The layer that alone reads layer `index`, where it is of this kind.
  int lone_reader(int index, LayerKind kind) const {
    const int reader = lone_readers_[static_cast<std::size_t>(index)];
    return reader != kNone && layer(reader).kind == kind ? reader : kNone;
  }

  /// The add that the norm at `index` is compiled with: the norm is its first input.
  int add_of_norm(int index) const {
    const int add = lone_reader(index, LayerKind::kAdd);
    return add != kNone && layer(add).inputs[0] == index ? add : kNone;
  }

  void find_readers();
  void emit_logits();
  void compile_layer(int index);
  void compile_weighted(int index);
  void compile_norm(int index);
  void compile_add(int index);
  int new_tensor(const ImageShape& shape);
  Activation take_relu(int index, int tensor);
  ParameterPlaces parameters_of(int index) const;
  StatisticsPlaces statistics_of(int index) const;
  void refuse_flattened(const Layer& reader);

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
  std::vector<int> tensor_of_;     // by layer; several layers may share one
  std::vector<int> lone_readers_;  // by layer
  CompiledNetwork result_;
};

void Compiler::find_readers() {
  lone_readers_.assign(network_.layers.size(), kNone);
  std::vector<int> readers(network_.layers.size());
  for (int i = 0; i < static_cast<int>(network_.layers.size()); ++i) {
    for (int input : layer(i).inputs) {
      const auto at = static_cast<std::size_t>(input);
      lone_readers_[at] = ++readers[at] == 1 ? i : kNone;
    }
  }
  const auto unread = std::find(readers.begin(), readers.end() - 1, 0);
  if (unread != readers.end() - 1) {
    throw Error(fmt::format("{}: nothing reads layer {}; only the last layer may be left over",
                            network_.name, layer(static_cast<int>(unread - readers.begin())).name));
  }
}

void Compiler::emit_logits() {
  const ImageShape shape = planner_.tensor(tensor_of_.back()).shape;
  result_.logits = new_tensor(shape);
  const std::size_t values = planner_.tensor(result_.logits).row_size();
  if (values != static_cast<std::size_t>(network_.classes)) {
    throw Error(
        fmt::format("{}: the last layer, {}, gives {} values for {} classes; let it give one "
                    "for each",
                    network_.name, network_.layers.back().name, values, network_.classes));
  }
  emit<Logits>(tensor_of_.back(), result_.logits);
}

int Compiler::new_tensor(const ImageShape& shape) {
  planner_.tensors.emplace_back().shape = shape;
  return static_cast<int>(planner_.tensors.size()) - 1;
}

/// Where a ReLU alone reads layer `index`, it is done with it, and `tensor` is its output too.
Activation Compiler::take_relu(int index, int tensor) {
  tensor_of(index) = tensor;
  const int relu = lone_reader(index, LayerKind::kRelu);
  if (relu == kNone) return Activation::kNone;
  tensor_of(relu) = tensor;
  return Activation::kRelu;
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

/// A flattened image stays NHWC in memory; linear layers alone know that.
void Compiler::refuse_flattened(const Layer& reader) {
  for (int input : reader.inputs) {
    if (layer(input).kind == LayerKind::kFlatten &&
        planner_.tensor(tensor_of(input)).pixels() > 1) {
      throw Error(fmt::format("{}: layer {} reads the flattened image {}; only linear layers can",
                              network_.name, reader.name, layer(input).name));
    }
  }
}

void Compiler::compile_layer(int index) {
  const Layer& now = layer(index);
  if (now.kind != LayerKind::kLinear) refuse_flattened(now);
  switch (now.kind) {
    case LayerKind::kInput:
      tensor_of(index) = new_tensor(now.output);
      emit<Images>();
      break;
    case LayerKind::kConvolution:
    case LayerKind::kLinear:
      compile_weighted(index);
      break;
    case LayerKind::kBatchNorm:
      compile_norm(index);
      break;
    case LayerKind::kRelu: {
      if (tensor_of(index) > 0) break;  // a layer before took it over
      const int input = input_tensor(now), output = tensor_of(index) = new_tensor(now.output);
      emit<Add>(input, kNone, output, Activation::kRelu);
      break;
    }
    case LayerKind::kMaxPool: {
      const int input = input_tensor(now), output = tensor_of(index) = new_tensor(now.output);
      emit<MaxPool>(now, input, output, planner_);
      break;
    }
    case LayerKind::kGlobalAveragePool: {
      const int input = input_tensor(now), output = tensor_of(index) = new_tensor(now.output);
      emit<AveragePool>(input, output);
      break;
    }
    case LayerKind::kAdd:
      compile_add(index);
      break;
    case LayerKind::kFlatten:
      tensor_of(index) = input_tensor(now);
      break;
  }
}

void Compiler::compile_weighted(int index) {
  const Layer& now = layer(index);
  const int input = input_tensor(now), output = tensor_of(index) = new_tensor(now.output);
  emit<Weighted>(now, input, output, parameters_of(index), planner_);
}

void Compiler::compile_norm(int index) {
  if (add_of_norm(index) != kNone) return;  // compiled with the add, which comes later
  const int input = input_tensor(layer(index));
  const int output = new_tensor(layer(index).output);
  const Activation activation = take_relu(index, output);
  emit<Norm>(input, kNone, output, activation, parameters_of(index), statistics_of(index));
}

void Compiler::compile_add(int index) {
  const Layer& now = layer(index);
  const int other = input_tensor(now, 1);
  const int first = now.inputs[0];
  const int output = new_tensor(now.output);
  const Activation activation = take_relu(index, output);
  if (layer(first).kind == LayerKind::kBatchNorm && add_of_norm(first) == index) {
    emit<Norm>(input_tensor(layer(first)), other, output, activation, parameters_of(first),
               statistics_of(first));
  } else {
    emit<Add>(tensor_of(first), other, output, activation);
  }
}

}  // namespace

CompiledNetwork compile(const Network& network, Precision precision, Planner& planner,
                        const FlatArrays& arrays) {
  return Compiler(network, precision, planner, arrays).run();
}

}  // namespace forebay
