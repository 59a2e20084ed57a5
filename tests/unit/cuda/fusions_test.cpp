#include <forebay/nodes/cuda/fusions.hpp>

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include <forebay/nodes/network/builder.hpp>

#include "../cpu/every_layer.hpp"

namespace forebay::cuda {
namespace {

/// Says why not, and runs nothing.
class Refusing final : public Convolver {
 public:
  std::string why_not_fused(const Convolution& convolution, Fusion fusion,
                            ValueType type) override {
    if (type != ValueType::kFloat16) return "no such engine";
    if (convolution.in_channels == 4) return "too few channels";
    return fusion == Fusion::kNormalised && convolution.kernel == slow_kernel ? "it is slower" : "";
  }
  std::size_t workspace_bytes(const Convolution&, ConvolutionGraph, ValueType) override {
    return 0;
  }
  void run(const Convolution&, ConvolutionGraph, ValueType, const ConvolutionArrays&,
           cudaStream_t) override {
    FAIL();
  }

  int slow_kernel = 0;
};

/// The fused convolutions by name, with a star where they normalise.
std::string fused_in(const Network& network, Convolver& convolver) {
  const FusedNetwork fused = fuse(network);
  const auto choices = choose_fusions(network, fused, 2, ValueType::kFloat16, convolver);
  std::string names;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    if (choices[i].fusion == Fusion::kNone) continue;
    names += network.layers[static_cast<std::size_t>(fused.layers[i].layer)].name +
             (choices[i].fusion == Fusion::kNormalised ? "* " : " ");
  }
  return names;
}

TEST(Fusions, AreOfWhatANormAloneReadsAndWrites) {
  Refusing convolver;
  EXPECT_EQ(fused_in(reference::bottleneck(), convolver), "conv2 conv3* conv4* conv5 ");
  // bn2 alone is a norm with a ReLU that one convolution reads; conv5 and conv6 have no norm.
  EXPECT_EQ(fused_in(reference::every_gpu_layer(), convolver), "conv2 conv3* conv4 conv7 ");

  NetworkBuilder biased("biased", {8, 8, 8}, 8);
  const int x = biased.norm("bn1", biased.convolution("conv1", 0, 8, {}, /*bias=*/true));
  const int y = biased.norm("bn2", biased.convolution("conv2", x, 8, {}));  // bn1 has no ReLU
  biased.flatten("flatten", biased.global_average_pool("mean", y));
  EXPECT_EQ(fused_in(std::move(biased).finish(), convolver), "conv2 ");
  EXPECT_EQ(fused_in(reference::every_layer(), convolver), "conv2 ");  // others are no whole packs
}

TEST(Fusions, AreNotMadeWhereTheyAreSlower) {
  Refusing convolver;
  convolver.slow_kernel = 3;
  EXPECT_EQ(fused_in(reference::bottleneck(), convolver), "conv2 conv3 conv4* conv5 ");
}

std::string description(const Network& network, ValueType type, Convolver& convolver) {
  const FusedNetwork fused = fuse(network);
  return describe(network, fused, choose_fusions(network, fused, 2, type, convolver));
}

TEST(Fusions, AreDescribedWithWhatThereIsNot) {
  Refusing convolver;
  EXPECT_EQ(description(resnet(50), ValueType::kFloat16, convolver),
            "fused batch norms: 32 of 53 convolutions normalise their input, 20 more only sum "
            "their output\n"
            "  not more of conv1: too few channels");
  EXPECT_EQ(description(resnet(50), ValueType::kBfloat16, convolver),
            "fused batch norms: 0 of 53 convolutions normalise their input, 0 more only sum their "
            "output\n"
            "  not more of conv1 and 52 others: no such engine");
  convolver.slow_kernel = 3;
  EXPECT_EQ(description(resnet(18), ValueType::kFloat16, convolver),
            "fused batch norms: 0 of 20 convolutions normalise their input, 19 more only sum their "
            "output\n"
            "  not more of conv1: too few channels\n"
            "  not more of layer1.0.conv2 and 7 others: it is slower");
}

}  // namespace
}  // namespace forebay::cuda
