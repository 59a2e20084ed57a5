#include <forebay/nodes/network/network.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace forebay {
namespace {

const char* kind_name(LayerKind kind) {
  switch (kind) {
    case LayerKind::kInput:
      return "input";
    case LayerKind::kConvolution:
      return "convolution";
    case LayerKind::kBatchNorm:
      return "batch norm";
    case LayerKind::kRelu:
      return "relu";
    case LayerKind::kMaxPool:
      return "max pool";
    case LayerKind::kGlobalAveragePool:
      return "average pool";
    case LayerKind::kAdd:
      return "add";
    case LayerKind::kFlatten:
      return "flatten";
    case LayerKind::kLinear:
      return "linear";
  }
  return "";
}

std::string describe_kind(const Layer& layer) {
  if (layer.kernel == 0) return kind_name(layer.kind);
  return fmt::format("{} {}x{}{}", kind_name(layer.kind), layer.kernel, layer.kernel,
                     layer.stride > 1 ? fmt::format(" /{}", layer.stride) : "");
}

/// 25557032 -> "25,557,032"
std::string with_commas(std::int64_t value) {
  std::string digits = std::to_string(value);
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3) {
    digits.insert(static_cast<std::size_t>(at), 1, ',');
  }
  return digits;
}

}  // namespace

std::vector<std::vector<int>> readers(const Network& network) {
  std::vector<std::vector<int>> all(network.layers.size());
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    for (int input : network.layers[i].inputs) {
      all[static_cast<std::size_t>(input)].push_back(static_cast<int>(i));
    }
  }
  return all;
}

std::int64_t layer_flops(const Network& network, const Layer& layer) {
  if (layer.kind != LayerKind::kConvolution && layer.kind != LayerKind::kLinear) return 0;
  const auto& input = network.layers[static_cast<std::size_t>(layer.inputs.front())].output;
  const std::int64_t window =
      layer.kind == LayerKind::kConvolution ? std::int64_t{layer.kernel} * layer.kernel : 1;
  return 2 * window * input.channels * layer.output.channels * layer.output.height *
         layer.output.width;
}

std::int64_t forward_flops(const Network& network) {
  std::int64_t total = 0;
  for (const Layer& layer : network.layers) total += layer_flops(network, layer);
  return total;
}

std::int64_t parameter_count(const Network& network) {
  std::int64_t total = 0;
  for (const Parameter& parameter : network.parameters) total += elements(parameter.shape);
  return total;
}

std::string summary(const Network& network) {
  std::vector<std::int64_t> counts(network.layers.size());
  for (const Parameter& parameter : network.parameters) {
    counts[static_cast<std::size_t>(parameter.layer)] += elements(parameter.shape);
  }
  std::string text = fmt::format("{:<24}{:<22}{:>16}{:>14}{:>12}\n", "layer", "kind", "output",
                                 "parameters", "MFLOPs");
  auto out = std::back_inserter(text);
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    const Layer& layer = network.layers[i];
    const std::int64_t flops = layer_flops(network, layer);
    fmt::format_to(
        out, "{:<24}{:<22}{:>16}{:>14}{:>12}\n", layer.name, describe_kind(layer),
        fmt::format("{}x{}x{}", layer.output.channels, layer.output.height, layer.output.width),
        counts[i] > 0 ? with_commas(counts[i]) : "-",
        flops > 0 ? fmt::format("{:.1f}", static_cast<double>(flops) * 1e-6) : "-");
  }
  const double mflops = static_cast<double>(forward_flops(network)) * 1e-6;
  fmt::format_to(out, "{}: {} parameters, {} forward for one {}x{}x{} image\n", network.name,
                 with_commas(parameter_count(network)),
                 mflops < 1000 ? fmt::format("{:.2f} MFLOPs", mflops)
                               : fmt::format("{:.2f} GFLOPs", mflops / 1000),
                 network.input().channels, network.input().height, network.input().width);
  return text;
}

}  // namespace forebay
