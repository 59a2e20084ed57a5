#include <forebay/nodes/network/weights.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace forebay {
namespace {

std::span<const float> parameter(const Network& network, const Weights& weights,
                                 const std::string& name) {
  for (std::size_t i = 0; i < network.parameters.size(); ++i) {
    if (network.parameters[i].name != name) continue;
    return weights.parameters().subspan(
        weights.parameter_offset(i), weights.parameter_offset(i + 1) - weights.parameter_offset(i));
  }
  return {};
}

double mean(std::span<const float> values) {
  double sum = 0;
  for (float value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

double deviation(std::span<const float> values) {
  double sum = 0;
  const double centre = mean(values);
  for (float value : values) sum += (value - centre) * (value - centre);
  return std::sqrt(sum / static_cast<double>(values.size()));
}

TEST(Weights, TilesOneArrayInParameterOrder) {
  const Network network = resnet(18);
  const Weights weights(network);
  EXPECT_EQ(weights.parameters().size(), 11'689'512u);
  EXPECT_EQ(weights.parameter_offset(0), 0u);
  EXPECT_EQ(weights.parameter_offset(1), 64u * 3 * 7 * 7);
  EXPECT_EQ(weights.parameter_offset(62), weights.parameters().size());
  EXPECT_EQ(weights.buffer_offset(40), weights.buffers().size());
}

TEST(Weights, StartsAsTorchvisionDoes) {
  const Network network = resnet(18);
  Weights weights(network);
  weights.initialise(1);
  const auto convolution = parameter(network, weights, "layer2.0.conv2.weight");
  EXPECT_NEAR(mean(convolution), 0, 1e-3);
  EXPECT_NEAR(deviation(convolution), std::sqrt(2.0 / (128 * 9)), 1e-3);
  const auto linear = parameter(network, weights, "fc.weight");
  const float bound = 1 / std::sqrt(512.0F);
  EXPECT_NEAR(*std::max_element(linear.begin(), linear.end()), bound, 1e-4);
  EXPECT_NEAR(*std::min_element(linear.begin(), linear.end()), -bound, 1e-4);
  for (float value : parameter(network, weights, "bn1.weight")) EXPECT_EQ(value, 1);
  for (float value : parameter(network, weights, "bn1.bias")) EXPECT_EQ(value, 0);
  EXPECT_EQ(weights.buffers()[0], 0);   // bn1.running_mean
  EXPECT_EQ(weights.buffers()[64], 1);  // bn1.running_var
}

TEST(Weights, DependOnTheSeedAlone) {
  const Network network = lenet();
  Weights one(network), same(network), other(network);
  one.initialise(5);
  same.initialise(5);
  other.initialise(6);
  EXPECT_TRUE(std::ranges::equal(one.parameters(), same.parameters()));
  EXPECT_FALSE(std::ranges::equal(one.parameters(), other.parameters()));
}

}  // namespace
}  // namespace forebay
