#include <forebay/nodes/cuda/kernels/update.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <utility>

#include <forebay/nodes/train/sgd.hpp>

#include "host.hpp"

namespace forebay::cuda {
namespace {

// A weight of 5 values and a bias of 4.
const ParameterRange kRanges[] = {{0, 5, 0.125F}, {5, 9, 0}};

struct Table {
  std::vector<ParameterRange> ranges{std::begin(kRanges), std::end(kRanges)};
  operator ParameterTable() const { return {ranges.data(), 2}; }
};

struct Step {
  std::vector<float> weight = random_values(1, 9), velocity = random_values(2, 9);
  std::vector<float> gradient = random_values(3, 9);
  Table table;
  Shared<float> lr{0.1F};

  void run(Momentum kind, const float* trust = nullptr) {
    run_kernel(update(0, kind, trust), 4);  // in two ranges, as buckets
    run_kernel(update(4, kind, trust), 5);
  }

  UpdateWeight update(std::size_t first, Momentum kind, const float* trust) {
    return {first, table, gradient.data(), weight.data(), velocity.data(), lr.get(),
            0.9F,  kind,  trust,           nullptr};
  }
};

TEST(UpdateKernels, StepAsTheCpuDoes) {
  Network network;
  network.parameters = {{"fc.weight", {5}, ParameterRole::kWeight, 0},
                        {"fc.bias", {4}, ParameterRole::kBias, 0}};
  for (const auto& [kind, momentum] : {std::pair{SgdKind::kPlain, Momentum::kPlain},
                                       std::pair{SgdKind::kNesterov, Momentum::kNesterov}}) {
    Sgd sgd(network, {.momentum = 0.9, .weight_decay = 0.125, .no_bias_decay = true, .kind = kind});
    Step step;
    std::vector<float> weights = step.weight;
    std::copy(step.velocity.begin(), step.velocity.end(), sgd.velocity().begin());
    sgd.update(weights, 0, step.gradient, 0.1);
    step.run(momentum);
    expect_same<float>(step.weight, weights);
    expect_same<float>(step.velocity, {sgd.velocity().begin(), sgd.velocity().end()});
  }
}

// torch.optim.SGD(nesterov=True): d = g + decay * w; v = m * v + d; w -= lr * (d + m * v). By hand
// for w = 1, v = 2, g = 3: d = 3.125, v = 4.925, w = 1 - 0.1 * (3.125 + 4.4325).
TEST(UpdateKernels, LookAheadWithNesterovsMomentum) {
  Step step;
  step.weight[0] = 1;
  step.velocity[0] = 2;
  step.gradient[0] = 3;
  step.run(Momentum::kNesterov);
  EXPECT_NEAR(step.velocity[0], 4.925F, 1e-6F);
  EXPECT_NEAR(step.weight[0], 0.24425F, 1e-6F);
}

TEST(UpdateKernels, ReadTheLearningRateWhenTheyRun) {
  Step step, other;
  *other.lr = 0.2F;
  step.run(Momentum::kPlain);
  other.run(Momentum::kPlain);
  EXPECT_NE(step.weight, other.weight);
  EXPECT_EQ(step.velocity, other.velocity);
}

TEST(UpdateKernels, FindTheParameterOfEveryElement) {
  const ParameterRange ranges[] = {{0, 1, 0}, {1, 4, 0}, {4, 9, 0}};
  std::vector<Index> found;
  for (std::size_t i = 0; i < 9; ++i) found.push_back(ParameterTable{ranges, 3}.of(i));
  EXPECT_EQ(found, (std::vector<Index>{0, 1, 1, 1, 2, 2, 2, 2, 2}));
}

// Of one weight, in these stretches, and of a bias.
std::vector<float> trust_ratios(const std::vector<float>& weight,
                                const std::vector<float>& gradient,
                                const std::vector<Stretch>& stretches) {
  const std::vector<ParameterRange> ranges{std::begin(kRanges), std::end(kRanges)};
  const auto count = static_cast<Index>(stretches.size());
  const std::vector<Index> first{0, count, count};
  constexpr auto kLanes = static_cast<Index>(LarsSums::kLanes);
  std::vector<SquareSums<float>> lanes(count * kLanes);
  std::vector<SquareSums<double>> sums(count);
  std::vector<float> trust(2);
  run_kernel(SumLanes{0, stretches.data(), weight.data(), gradient.data(), lanes.data()},
             count * kLanes);
  run_kernel(AddLanes{0, lanes.data(), sums.data()}, count);
  run_kernel(TrustRatio{0, ranges.data(), first.data(), sums.data(), 0.001F, trust.data()}, 2);
  return trust;
}

std::vector<float> trust_ratios(const std::vector<float>& weight,
                                const std::vector<float>& gradient) {
  return trust_ratios(weight, gradient, {{0, 2}, {2, 4}, {4, 5}});
}

// |w| = 5 and |g| = 10 of the weight: 0.001 * 5 / (10 + 0.125 * 5). The bias does not adapt.
TEST(UpdateKernels, ScaleStepsByLarsTrustRatio) {
  const auto trust = trust_ratios({3, 0, 0, 0, 4, 1, 1, 1, 1}, {0, 6, 0, 8, 0, 1, 1, 1, 1});
  EXPECT_NEAR(trust[0], 0.005F / 10.625F, 1e-9F);
  EXPECT_EQ(trust[1], 1);
  Step scaled, plain;
  scaled.velocity = plain.velocity = std::vector<float>(9, 0);
  scaled.run(Momentum::kPlain, trust.data());
  plain.run(Momentum::kPlain);
  for (std::size_t i = 0; i < 9; ++i) {
    EXPECT_NEAR(scaled.velocity[i], plain.velocity[i] * trust[i < 5 ? 0 : 1], 1e-8F) << i;
  }
}

TEST(UpdateKernels, DoNotScaleWhereANormIsZero) {
  const std::vector<float> zeros(9, 0), ones(9, 1);
  EXPECT_EQ(trust_ratios(zeros, ones)[0], 1);
  EXPECT_EQ(trust_ratios(ones, zeros)[0], 1);
}

TEST(UpdateKernels, FindTrustRatiosAsTheCpuDoes) {
  constexpr std::size_t kSize = 2 * LarsSums::kStretch + 45;
  const auto weight = random_values(1, kSize), gradient = random_values(2, kSize);
  const auto trust = trust_ratios(weight, gradient,
                                  {{0, LarsSums::kStretch},
                                   {LarsSums::kStretch, 2 * LarsSums::kStretch},
                                   {2 * LarsSums::kStretch, kSize}});
  expect_same<float>(trust, {trust_ratio(weight, gradient, 0.001F, 0.125F), 1});
}

}  // namespace
}  // namespace forebay::cuda
