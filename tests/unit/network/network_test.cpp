#include <forebay/nodes/network/network.hpp>

#include <gmock/gmock.h>

#include <set>

#include <forebay/graph/error.hpp>
#include <forebay/nodes/network/builder.hpp>
#include <forebay/nodes/network/weights.hpp>
#include <support/error_of.hpp>

namespace forebay {
namespace {

using test::error_of;

std::vector<std::string> names(const Network& network) {
  std::vector<std::string> result;
  for (const Parameter& parameter : network.parameters) result.push_back(parameter.name);
  return result;
}

// Counts of the models of torchvision with 1,000 classes.
TEST(Network, HasAsManyParametersAsTorchvision) {
  EXPECT_EQ(parameter_count(resnet(18)), 11'689'512);
  EXPECT_EQ(parameter_count(resnet(34)), 21'797'672);
  EXPECT_EQ(parameter_count(resnet(50)), 25'557'032);
  EXPECT_EQ(parameter_count(resnet(101)), 44'549'160);
  EXPECT_EQ(parameter_count(resnet(152)), 60'192'808);
}

TEST(Network, CountsFlopsAsTwiceTheMultiplyAdds) {
  EXPECT_NEAR(static_cast<double>(forward_flops(resnet(50))) * 1e-9, 8.18, 0.005);
  EXPECT_NEAR(static_cast<double>(forward_flops(resnet(18))) * 1e-9, 3.63, 0.005);
  EXPECT_NEAR(static_cast<double>(forward_flops(resnet(50, {3, 128, 128}))) * 1e-9, 2.67, 0.005);
  // LeNet: 24x24 outputs of 25 inputs x 20, 8x8 of 500 x 50, 800 x 500 and 500 x 10.
  EXPECT_EQ(forward_flops(lenet()), 2 * (24 * 24 * 25 * 20 + 8 * 8 * 500 * 50 + 400'000 + 5'000));
}

TEST(Network, NamesParametersAsTorchvisionInForwardOrder) {
  const auto all = names(resnet(50));
  ASSERT_EQ(all.size(), 161u);
  EXPECT_THAT(
      std::vector(all.begin(), all.begin() + 17),
      testing::ElementsAre(
          "conv1.weight", "bn1.weight", "bn1.bias", "layer1.0.conv1.weight", "layer1.0.bn1.weight",
          "layer1.0.bn1.bias", "layer1.0.conv2.weight", "layer1.0.bn2.weight", "layer1.0.bn2.bias",
          "layer1.0.conv3.weight", "layer1.0.bn3.weight", "layer1.0.bn3.bias",
          "layer1.0.downsample.0.weight", "layer1.0.downsample.1.weight",
          "layer1.0.downsample.1.bias", "layer1.1.conv1.weight", "layer1.1.bn1.weight"));
  EXPECT_EQ(all[159], "fc.weight");
  EXPECT_EQ(all[160], "fc.bias");
  EXPECT_EQ(resnet(50).buffers.size(), 106u);
  EXPECT_EQ(resnet(18).parameters.size(), 62u);
  EXPECT_EQ(resnet(18).buffers.size(), 40u);
}

TEST(Network, PutsTheStrideOnTheThreeByThree) {
  for (const Layer& layer : resnet(50).layers) {
    if (layer.name == "layer2.0.conv1") {
      EXPECT_EQ(layer.stride, 1);
    }
    if (layer.name == "layer2.0.conv2") {
      EXPECT_EQ(layer.stride, 2);
    }
    if (layer.name == "layer4.2.relu") {
      EXPECT_EQ(layer.output, (ImageShape{2048, 7, 7}));
    }
  }
}

TEST(Network, GivesEveryLayerItsOwnName) {
  for (const Network& network : {resnet(50), resnet(20, {3, 32, 32}, 10), lenet(), mlp()}) {
    std::set<std::string> seen;
    for (const Layer& layer : network.layers) EXPECT_TRUE(seen.insert(layer.name).second);
    EXPECT_EQ(network.layers.back().output, (ImageShape{network.classes, 1, 1}));
  }
}

TEST(Network, BuildsTheSmallNetworks) {
  // 3x3 stem, 3 stages of 3 blocks, two 1x1 projections with a norm each, 64 x 10 + 10.
  EXPECT_EQ(parameter_count(resnet(20, {3, 32, 32}, 10)), 272'474);
  EXPECT_EQ(parameter_count(lenet()), 520 + 25'050 + 400'500 + 5'010);
  EXPECT_EQ(parameter_count(mlp()), 784 * 128 + 128 + 128 * 64 + 64 + 64 * 10 + 10);
}

TEST(Network, SummaryShowsShapesParametersAndTotals) {
  const std::string text = summary(resnet(50));
  EXPECT_THAT(text, testing::HasSubstr("conv1                   convolution 7x7 /2          "
                                       "64x112x112         9,408       236.0\n"));
  EXPECT_THAT(
      text, testing::EndsWith(
                "resnet-50: 25,557,032 parameters, 8.18 GFLOPs forward for one 3x224x224 image\n"));
  EXPECT_THAT(summary(lenet()), testing::EndsWith("431,080 parameters, 4.59 MFLOPs forward for one "
                                                  "1x28x28 image\n"));
}

TEST(Network, RefusesLayersThatMakeNoSense) {
  NetworkBuilder builder("mine", {3, 8, 8}, 10);
  EXPECT_EQ(error_of([&] { builder.convolution("conv", 0, 0, Window{}); }),
            "mine: layer conv has 0 outputs; give 1 or more");
  EXPECT_EQ(
      error_of([&] { builder.convolution("conv", 0, 4, {.kernel = 3, .stride = 0}); }),
      "mine: layer conv has a window of 3, stride 0 and padding 0; give a window and a stride "
      "of 1 or more, and less padding than window");
  EXPECT_EQ(
      error_of([&] { builder.max_pool("pool", 0, {.kernel = 2, .padding = 2}); }),
      "mine: layer pool has a window of 2, stride 1 and padding 2; give a window and a stride "
      "of 1 or more, and less padding than window");
  EXPECT_EQ(error_of([&] { builder.linear("fc", 0, 10); }),
            "mine: linear layer fc reads images of 8x8; flatten or average them first");
}

TEST(Network, RefusesWhatItCannotBuild) {
  EXPECT_EQ(error_of([] { resnet(42); }),
            "resnet: there is no network of depth 42; give 18, 34, 50, 101 or 152, or for small "
            "images 20 or 56");
  EXPECT_EQ(error_of([] {
              lenet({1, 8, 8});
            }),
            "lenet: the 5x5 window of layer conv2 does not fit its 2x2 input; give larger images");
  EXPECT_EQ(error_of([] {
              mlp({1, 28, 28}, 1);
            }),
            "mlp: 1 classes cannot be told apart; give 2 or more");
  EXPECT_EQ(
      error_of([] {
        mlp({1, 0, 28});
      }),
      "mlp: input shape 1,0,28 is not an image; give channels, height and width of 1 or more");
}

}  // namespace
}  // namespace forebay
