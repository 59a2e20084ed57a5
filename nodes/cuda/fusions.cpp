#include <forebay/nodes/cuda/fusions.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include <forebay/nodes/cuda/kernels/value.hpp>

namespace forebay::cuda {
namespace {

constexpr int kNone = -1;

class Chooser {
 public:
  Chooser(const Network& network, const FusedNetwork& fused, std::size_t rows, ValueType type,
          Convolver& convolver)
      : network_(network),
        fused_(fused),
        writer_of_(fused.tensors.size(), kNone),
        reader_of_(fused.tensors.size(), kNone),
        rows_(rows),
        type_(type),
        convolver_(convolver) {
    for (int i = 0; i < static_cast<int>(fused.layers.size()); ++i) {
      const FusedLayer& layer = fused.layers[static_cast<std::size_t>(i)];
      at(writer_of_, layer.output) = i;
      for (const int tensor : {layer.input, layer.other}) {
        if (tensor >= 0) at(reader_of_, tensor) = at(reader_of_, tensor) == kNone ? i : kSeveral;
      }
    }
  }

  FusionChoice choose(int index) {
    FusionChoice choice;
    const FusedLayer& fused = fused_.layers[static_cast<std::size_t>(index)];
    const Layer& layer = network_.layers[static_cast<std::size_t>(fused.layer)];
    const int behind = norm_behind(fused), before = norm_before(fused);
    if (fused.kind != LayerKind::kConvolution || layer.bias || behind == kNone) return choice;
    const Convolution convolution = convolution_of(network_, layer, rows_);
    const auto takes = [&](Fusion fusion) {
      std::string why = convolver_.why_not_fused(convolution, fusion, type_);
      const bool taken = why.empty();
      if (taken) choice.fusion = fusion, choice.norm_behind = behind;
      if (choice.why_not.empty()) choice.why_not = std::move(why);
      return taken;
    };
    if (before != kNone && takes(Fusion::kNormalised)) {
      choice.norm_before = before;
    } else {
      takes(Fusion::kSums);
    }
    return choice;
  }

 private:
  static constexpr int kSeveral = -2;

  static int& at(std::vector<int>& values, int tensor) {
    return values[static_cast<std::size_t>(tensor)];
  }
  const FusedLayer& norm(int index) const { return fused_.layers[static_cast<std::size_t>(index)]; }

  bool whole_packs(int tensor) const {
    const int channels = fused_.tensors[static_cast<std::size_t>(tensor)].channels;
    return channels % static_cast<int>(kPack) == 0;
  }

  int norm_behind(const FusedLayer& layer) {
    const int reader = at(reader_of_, layer.output);
    const bool is_norm = reader >= 0 && whole_packs(layer.output) &&
                         norm(reader).kind == LayerKind::kBatchNorm &&
                         norm(reader).input == layer.output;
    return is_norm ? reader : kNone;
  }

  int norm_before(const FusedLayer& layer) {
    if (layer.input < 0 || at(reader_of_, layer.input) < 0) return kNone;
    const int writer = at(writer_of_, layer.input);
    const bool alone = whole_packs(layer.input) && norm(writer).kind == LayerKind::kBatchNorm &&
                       norm(writer).relu && norm(writer).other < 0;
    return alone ? writer : kNone;
  }

  const Network& network_;
  const FusedNetwork& fused_;
  std::vector<int> writer_of_, reader_of_;  // by tensor, layers of `fused_`; kSeveral readers
  const std::size_t rows_;
  const ValueType type_;
  Convolver& convolver_;
};

/// Why there is not more, in the order of the layers, with their indices.
std::vector<std::pair<std::string, std::vector<std::size_t>>> by_reason(
    const std::vector<FusionChoice>& choices) {
  std::vector<std::pair<std::string, std::vector<std::size_t>>> reasons;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    const std::string& why = choices[i].why_not;
    if (why.empty()) continue;
    auto found = std::ranges::find(reasons, why, [](const auto& reason) { return reason.first; });
    if (found == reasons.end()) found = reasons.insert(found, {why, {}});
    found->second.push_back(i);
  }
  return reasons;
}

}  // namespace

std::vector<FusionChoice> choose_fusions(const Network& network, const FusedNetwork& fused,
                                         std::size_t rows, ValueType type, Convolver& convolver) {
  Chooser chooser(network, fused, rows, type, convolver);
  std::vector<FusionChoice> choices;
  for (int i = 0; i < static_cast<int>(fused.layers.size()); ++i) {
    choices.push_back(chooser.choose(i));
  }
  return choices;
}

std::string describe(const Network& network, const FusedNetwork& fused,
                     const std::vector<FusionChoice>& choices) {
  const auto count = [&choices](Fusion fusion) {
    return std::ranges::count(choices, fusion, &FusionChoice::fusion);
  };
  std::string text = fmt::format(
      "fused batch norms: {} of {} convolutions normalise their input, {} more only sum their "
      "output",
      count(Fusion::kNormalised),
      std::ranges::count(fused.layers, LayerKind::kConvolution, &FusedLayer::kind),
      count(Fusion::kSums));
  for (const auto& [why, layers] : by_reason(choices)) {
    const FusedLayer& first = fused.layers[layers.front()];
    text += fmt::format(
        "\n  not more of {}{}: {}", network.layers[static_cast<std::size_t>(first.layer)].name,
        layers.size() == 1 ? "" : fmt::format(" and {} others", layers.size() - 1), why);
  }
  return text;
}

}  // namespace forebay::cuda
