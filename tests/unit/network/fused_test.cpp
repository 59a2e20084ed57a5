#include <forebay/nodes/network/fused.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <forebay/nodes/network/builder.hpp>

namespace forebay {
namespace {

constexpr Window kThree{.kernel = 3, .stride = 1, .padding = 1};

std::size_t count(const FusedNetwork& network, LayerKind kind) {
  return static_cast<std::size_t>(
      std::ranges::count_if(network.layers, [kind](const auto& l) { return l.kind == kind; }));
}

// ResNet-18 has 20 norms, of which 8 end a block with an add and a ReLU, 9 have a ReLU alone and 3
// are projections'.
TEST(Fuse, MakesABlocksEndOneLayer) {
  const Network network = resnet(18);
  const FusedNetwork fused = fuse(network);
  EXPECT_EQ(count(fused, LayerKind::kBatchNorm), 20U);
  EXPECT_EQ(count(fused, LayerKind::kAdd), 0U);
  EXPECT_EQ(count(fused, LayerKind::kRelu), 0U);
  int with_add = 0, with_relu = 0;
  for (const FusedLayer& layer : fused.layers) {
    if (layer.kind != LayerKind::kBatchNorm) continue;
    with_add += layer.other >= 0 ? 1 : 0;
    with_relu += layer.relu ? 1 : 0;
    EXPECT_EQ(network.layers[static_cast<std::size_t>(layer.layer)].kind, LayerKind::kBatchNorm);
  }
  EXPECT_EQ(with_add, 8);
  EXPECT_EQ(with_relu, 17);
}

TEST(Fuse, NumbersTensorsInTheOrderTheyAreMade) {
  for (const Network& network : {resnet(50), lenet(), mlp()}) {
    const FusedNetwork fused = fuse(network);
    int next = 0;
    for (const FusedLayer& layer : fused.layers) {
      EXPECT_EQ(layer.output, next++);
      EXPECT_LT(layer.input, layer.output);
      EXPECT_LT(layer.other, layer.output);
      EXPECT_EQ(layer.input < 0, layer.kind == LayerKind::kInput);
    }
    EXPECT_EQ(fused.tensors.size(), static_cast<std::size_t>(next));
  }
}

TEST(Fuse, LeavesALayerAloneThatSeveralRead) {
  NetworkBuilder builder("shared", {8, 4, 4}, 8);
  const int norm = builder.norm("bn", builder.convolution("conv", 0, 8, kThree));
  const int relu = builder.relu("relu", norm);
  const int sum = builder.add("add", norm, relu);  // the norm is read twice
  builder.flatten("flatten", builder.global_average_pool("mean", sum));
  const FusedNetwork fused = fuse(std::move(builder).finish());
  EXPECT_EQ(count(fused, LayerKind::kBatchNorm), 1U);
  EXPECT_EQ(count(fused, LayerKind::kRelu), 1U);
  EXPECT_EQ(count(fused, LayerKind::kAdd), 1U);
  EXPECT_EQ(fused.layers[2].other, -1);
  EXPECT_FALSE(fused.layers[2].relu);
}

TEST(Readers, AreListedByLayerInOrder) {
  NetworkBuilder builder("readers", {8, 4, 4}, 8);
  const int x = builder.relu("relu1", 0);
  const int y = builder.relu("relu2", x);
  builder.add("add", x, y);
  EXPECT_EQ(readers(std::move(builder).finish()),
            (std::vector<std::vector<int>>{{1}, {2, 3}, {3}, {}}));
}

}  // namespace
}  // namespace forebay
