#include <forebay/nodes/network/fused.hpp>

#include <fmt/format.h>

#include <algorithm>

#include <forebay/graph/error.hpp>

namespace forebay {
namespace {

constexpr int kNone = -1;

class Fuser {
 public:
  explicit Fuser(const Network& network)
      : network_(network), readers_(readers(network)), tensor_of_(network.layers.size(), kNone) {
    refuse_unread();
  }

  FusedNetwork run() && {
    for (int i = 0; i < static_cast<int>(network_.layers.size()); ++i) add(i);
    refuse_other_than_a_value_per_class();
    return std::move(result_);
  }

 private:
  const Layer& layer(int index) const { return network_.layers[static_cast<std::size_t>(index)]; }
  int& tensor_of(int index) { return tensor_of_[static_cast<std::size_t>(index)]; }
  int input_tensor(int index, std::size_t which = 0) {
    return tensor_of(layer(index).inputs[which]);
  }

  /// The layer that alone reads layer `index`, where it is of this kind.
  int lone_reader(int index, LayerKind kind) const {
    const std::vector<int>& all = readers_[static_cast<std::size_t>(index)];
    return all.size() == 1 && layer(all[0]).kind == kind ? all[0] : kNone;
  }

  /// The add that the norm at `index` is computed with: the norm is its first input.
  int add_of_norm(int index) const {
    const int add = lone_reader(index, LayerKind::kAdd);
    return add != kNone && layer(add).inputs[0] == index ? add : kNone;
  }

  void refuse_unread() const {
    const auto unread = std::find(readers_.begin(), readers_.end() - 1, std::vector<int>{});
    if (unread == readers_.end() - 1) return;
    throw Error(fmt::format("{}: nothing reads layer {}; only the last layer may be left over",
                            network_.name,
                            layer(static_cast<int>(unread - readers_.begin())).name));
  }

  void refuse_other_than_a_value_per_class() const {
    const ImageShape& shape = result_.tensors[static_cast<std::size_t>(tensor_of_.back())];
    const int values = shape.channels * shape.height * shape.width;
    if (values == network_.classes) return;
    throw Error(
        fmt::format("{}: the last layer, {}, gives {} values for {} classes; let it give one for "
                    "each",
                    network_.name, network_.layers.back().name, values, network_.classes));
  }

  /// A flattened image stays NHWC in memory; linear layers alone know that.
  void refuse_flattened(int index) {
    if (layer(index).kind == LayerKind::kLinear) return;
    for (int input : layer(index).inputs) {
      if (layer(input).kind != LayerKind::kFlatten) continue;
      const ImageShape& shape = result_.tensors[static_cast<std::size_t>(tensor_of(input))];
      if (shape.height * shape.width == 1) continue;
      throw Error(fmt::format("{}: layer {} reads the flattened image {}; only linear layers can",
                              network_.name, layer(index).name, layer(input).name));
    }
  }

  int new_tensor(int index) {
    result_.tensors.push_back(layer(index).output);
    return tensor_of(index) = static_cast<int>(result_.tensors.size()) - 1;
  }

  /// Where a ReLU alone reads layer `index`, it is done with it, and `tensor` is its output too.
  bool take_relu(int index, int tensor) {
    const int relu = lone_reader(index, LayerKind::kRelu);
    if (relu != kNone) tensor_of(relu) = tensor;
    return relu != kNone;
  }

  void add(int index) {
    refuse_flattened(index);
    FusedLayer fused{.kind = layer(index).kind, .layer = index};
    switch (fused.kind) {
      case LayerKind::kFlatten:
        tensor_of(index) = input_tensor(index);
        return;
      case LayerKind::kRelu:
        if (tensor_of(index) != kNone) return;  // a layer before took it over
        fused.relu = true;
        break;
      case LayerKind::kBatchNorm:
        if (add_of_norm(index) != kNone) return;  // with the add, which comes later
        break;
      case LayerKind::kAdd: {
        const int first = layer(index).inputs[0];
        fused.other = input_tensor(index, 1);
        if (layer(first).kind == LayerKind::kBatchNorm && add_of_norm(first) == index) {
          fused.kind = LayerKind::kBatchNorm;
          fused.layer = first;
        }
        break;
      }
      default:
        break;
    }
    if (fused.kind != LayerKind::kInput) fused.input = input_tensor(fused.layer);
    fused.output = new_tensor(index);
    if (fused.kind == LayerKind::kBatchNorm || fused.kind == LayerKind::kAdd) {
      fused.relu = take_relu(index, fused.output);
    }
    result_.layers.push_back(fused);
  }

  const Network& network_;
  const std::vector<std::vector<int>> readers_;
  std::vector<int> tensor_of_;  // by layer; several layers may share one
  FusedNetwork result_;
};

}  // namespace

FusedNetwork fuse(const Network& network) { return Fuser(network).run(); }

}  // namespace forebay
