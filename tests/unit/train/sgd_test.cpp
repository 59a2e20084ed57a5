#include <forebay/nodes/train/sgd.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <string>
#include <vector>

#include <forebay/graph/error.hpp>
#include <forebay/nodes/random.hpp>

namespace forebay {
namespace {

Network two_parameters(std::int64_t first, std::int64_t second, ParameterRole second_role) {
  Network network;
  network.name = "two";
  network.parameters = {{"fc.weight", {first}, ParameterRole::kWeight, 0},
                        {"fc.bias", {second}, second_role, 0}};
  return network;
}

// The same values as tests/fixtures/train/sgd.py.
std::vector<float> torch_gradient(int step) {
  std::vector<float> gradient;
  for (int i = 0; i < 8; ++i) {
    gradient.push_back(static_cast<float>((7 * i + 5 * step) % 11 - 5) / 8);
  }
  return gradient;
}

/// With a fixture's lines of that case.
void compare_with(const std::string& fixture, const std::string& wanted_case,
                  const SgdOptions& options, std::vector<float> weights) {
  Sgd sgd(two_parameters(5, 3, ParameterRole::kBias), options);
  const double rate = options.kind == SgdKind::kLars ? 100 : 1;
  const double rates[] = {0.1, 0.05, 0.2, 0.01};
  std::ifstream file(FOREBAY_FIXTURES "/train/" + fixture);
  std::string name;
  int lines = 0;
  for (int step = 0; file >> name >> step;) {
    std::vector<float> expected(16);
    for (float& value : expected) file >> value;
    if (name != wanted_case) continue;
    ++lines;
    sgd.update(weights, 0, torch_gradient(step), rate * rates[step]);
    for (std::size_t i = 0; i < 8; ++i) {
      const float near = 3e-7F * std::max(1.0F, std::abs(expected[i]));
      EXPECT_NEAR(weights[i], expected[i], near) << name << " step " << step << " weight " << i;
      EXPECT_NEAR(sgd.velocity()[i], expected[8 + i], 3e-7) << name << " step " << step;
    }
  }
  EXPECT_EQ(lines, 4);
}

void compare_with_torch(const std::string& wanted_case, const SgdOptions& options) {
  compare_with("sgd.txt", wanted_case, options, {-0.5F, -0.25F, 0, 0.25F, 0.5F, 1, 1.5F, 2});
}

TEST(Sgd, StepsAsTorchDoes) { compare_with_torch("all", {.momentum = 0.9, .weight_decay = 0.01}); }

TEST(Sgd, LooksAheadWithNesterovsMomentumAsTorchDoes) {
  compare_with_torch("nesterov",
                     {.momentum = 0.9, .weight_decay = 0.01, .kind = SgdKind::kNesterov});
}

TEST(Sgd, SparesBiasesFromDecayAsTorchDoesWithAGroupOfTheirOwn) {
  compare_with_torch("no_bias_decay",
                     {.momentum = 0.9, .weight_decay = 0.01, .no_bias_decay = true});
}

// MXNet's velocities have the rate in them, and it corrects them where the rate changes.
TEST(Sgd, ScalesWeightsStepsAsMxnetsLarsDoes) {
  const SgdOptions options{
      .momentum = 0.9, .weight_decay = 0.01, .kind = SgdKind::kLars, .eta = 0.01};
  compare_with("lars.txt", "lars", options, {-0.5F, -0.25F, 0, 0.25F, 0.5F, 1, 1.5F, 2});
  compare_with("lars.txt", "zeros", options, {0, 0, 0, 0, 0, 1, 1.5F, 2});
}

TEST(Sgd, SparesNormsFromDecay) {
  for (ParameterRole role : {ParameterRole::kNormWeight, ParameterRole::kNormBias}) {
    Sgd sgd(two_parameters(1, 1, role),
            {.momentum = 0, .weight_decay = 0.5, .no_bias_decay = true});
    std::vector<float> weights{1, 1};
    sgd.update(weights, 0, std::vector<float>{0, 0}, 1);
    EXPECT_EQ(weights, (std::vector<float>{0.5F, 1}));
  }
}

TEST(Sgd, ABucketTouchesNothingOutsideIt) {
  Sgd sgd(two_parameters(5, 3, ParameterRole::kBias));
  std::vector<float> weights(8, 1.0F);
  sgd.update(weights, 3, std::vector<float>{1, 1, 1}, 0.1);
  for (std::size_t i : {0u, 1u, 2u, 6u, 7u}) {
    EXPECT_EQ(weights[i], 1.0F);
    EXPECT_EQ(sgd.velocity()[i], 0.0F);
  }
  for (std::size_t i : {3u, 4u, 5u}) EXPECT_LT(weights[i], 1.0F);
}

void expect_same_bits_however_cut(SgdKind kind) {
  const Network network = two_parameters(1000, 777, ParameterRole::kBias);
  const SgdOptions options{
      .momentum = 0.9, .weight_decay = 0.01, .no_bias_decay = true, .kind = kind};
  Random random(1);
  std::vector<float> start(1777), gradient(1777);
  for (float& value : start) value = static_cast<float>(random.normal());
  for (float& value : gradient) value = static_cast<float>(random.normal());

  Sgd whole(network, options), cut(network, options);
  std::vector<float> whole_weights = start, cut_weights = start;
  for (int step = 0; step < 3; ++step) {
    whole.update(whole_weights, 0, gradient, 0.1);
    for (std::size_t begin = 0; begin < gradient.size();) {
      const std::size_t count =
          std::min<std::size_t>(1 + random.below(200), gradient.size() - begin);
      cut.update(cut_weights, begin, std::span(gradient).subspan(begin, count), 0.1);
      begin += count;
    }
  }
  EXPECT_EQ(whole_weights, cut_weights);
  EXPECT_TRUE(std::ranges::equal(whole.velocity(), cut.velocity()));
}

TEST(Sgd, GivesTheSameBitsHoweverAStepIsCut) {
  for (const SgdKind kind : {SgdKind::kPlain, SgdKind::kNesterov}) {
    expect_same_bits_however_cut(kind);
  }
}

// A trust ratio is that of one parameter, whichever come with it.
TEST(Sgd, GivesTheSameBitsHoweverAStepOfLarsIsCutIntoParameters) {
  Network network = two_parameters(9001, 100, ParameterRole::kWeight);
  network.parameters.push_back({"bn.weight", {7}, ParameterRole::kNormWeight, 1});
  Random random(1);
  std::vector<float> start(9108), gradient(9108);
  for (float& value : start) value = static_cast<float>(random.normal());
  for (float& value : gradient) value = static_cast<float>(random.normal());
  const SgdOptions options{.kind = SgdKind::kLars};
  Sgd whole(network, options), cut(network, options);
  std::vector<float> whole_weights = start, cut_weights = start;
  whole.update(whole_weights, 0, gradient, 1);
  cut.update(cut_weights, 9001, std::span(gradient).subspan(9001), 1);
  cut.update(cut_weights, 0, std::span(gradient).first(9001), 1);
  EXPECT_EQ(whole_weights, cut_weights);
  EXPECT_NE(whole_weights, start);
}

TEST(Sgd, RefusesOptionsOutsideTheirRange) {
  const auto error = [](SgdOptions options) -> std::string {
    try {
      Sgd sgd(two_parameters(1, 1, ParameterRole::kBias), options);
    } catch (const Error& e) {
      return e.what();
    }
    return "no error";
  };
  EXPECT_EQ(error({.momentum = 1}), "momentum is 1; give 0 or more and less than 1");
  EXPECT_EQ(error({.weight_decay = -0.1}), "weight decay is -0.1; give 0 or more");
  EXPECT_EQ(error({.eta = 0}), "the eta of LARS is 0; give more than 0");
}

}  // namespace
}  // namespace forebay
