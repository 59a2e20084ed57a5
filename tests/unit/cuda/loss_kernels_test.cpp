#include <forebay/nodes/cuda/kernels/loss.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include <forebay/nodes/cpu/loss.hpp>

#include "host.hpp"

namespace forebay::cuda {
namespace {

struct Result {
  BatchLoss loss;
  std::vector<float> gradient;
};

template <class Value>
Result run_loss(const std::vector<float>& logits, const std::vector<int>& labels, Index classes,
                float smoothing) {
  const auto count = static_cast<Index>(labels.size());
  std::vector<RowLoss> rows(count);
  Result result;
  const Shared<BatchLoss> loss;
  std::vector<PartLoss> parts(count * kLossLanes);
  run_kernel(LossOfPart{logits.data(), labels.data(), classes, parts.data()}, count * kLossLanes);
  run_kernel(LossOfRow{parts.data(), logits.data(), labels.data(), classes, smoothing, rows.data()},
             count);
  run_kernel(SumLosses{rows.data(), count, loss.get()}, 1);
  result.loss = *loss;
  Array<Value> gradient(logits.size());
  const Shared scale(1.0F);
  run_kernel(LossGradient<Value>{logits.data(), labels.data(), rows.data(), classes, count,
                                 smoothing, scale.get(), gradient.data()},
             static_cast<Index>(logits.size()));
  result.gradient = gradient.floats();
  return result;
}

template <class Value>
class LossKernels : public testing::Test {};
TYPED_TEST_SUITE(LossKernels, Values);

TYPED_TEST(LossKernels, GiveWhatTheCpuGives) {
  constexpr Index kClasses = 3 * kLossLanes + 5;
  const std::vector<int> labels{0, 100, 5, 5, 17};
  std::vector<float> logits = random_values(1, labels.size() * kClasses);
  for (float& logit : logits) logit *= 3;
  for (const float smoothing : {0.0F, 0.1F}) {
    const Result got = run_loss<TypeParam>(logits, labels, kClasses, smoothing);
    std::vector<float> gradient(logits.size());
    const StepResult expected = cross_entropy(logits, labels, kClasses, smoothing, gradient);
    EXPECT_NEAR(got.loss.loss, expected.loss_sum, 1e-6 * expected.loss_sum);
    EXPECT_NEAR(got.loss.cross_entropy, expected.cross_entropy_sum, 1e-6 * expected.loss_sum);
    EXPECT_EQ(got.loss.top1, expected.top1);
    EXPECT_EQ(got.loss.top5, expected.top5);
    expect_same<TypeParam>(got.gradient, gradient, 4);  // e to a power is not exact on GPUs
  }
}

// Values are few, so many logits are equal: the lower class comes first.
TEST(LossKernels, RankEqualLogitsAndNoNumbersAsTheCpuDoes) {
  constexpr Index kClasses = 12;
  Random random(1);
  std::vector<float> logits;
  std::vector<int> labels;
  for (int row = 0; row < 48; ++row) {
    for (Index i = 0; i < kClasses; ++i) {
      logits.push_back(static_cast<float>(random.below(3)));
    }
    labels.push_back(row % static_cast<int>(kClasses));
  }
  logits[5] = std::nanf("");                 // not the label of row 0
  logits[3 * kClasses + 3] = std::nanf("");  // the label of row 3
  const Result got = run_loss<float>(logits, labels, kClasses, 0);
  const StepResult expected = cross_entropy(logits, labels, kClasses, 0);
  EXPECT_EQ(got.loss.top1, expected.top1);
  EXPECT_EQ(got.loss.top5, expected.top5);
}

TEST(LossKernels, TakeALogitOfMinusInfinityForNoChance) {
  const std::vector<float> logits{0, -std::numeric_limits<float>::infinity(), 1};
  const Result got = run_loss<float>(logits, {0}, 3, 0);
  std::vector<float> gradient(logits.size());
  const StepResult expected = cross_entropy(logits, std::vector<int>{0}, 3, 0, gradient);
  EXPECT_NEAR(got.loss.cross_entropy, 1.3133, 1e-4);
  EXPECT_NEAR(got.loss.cross_entropy, expected.cross_entropy_sum, 1e-6);
  expect_same<float>(got.gradient, gradient, 4);
}

TEST(LossKernels, StayFiniteForLargeLogits) {
  const Result got = run_loss<float>({10000, 0, -10000}, {1}, 3, 0);
  EXPECT_EQ(got.loss.loss, 10000);
  EXPECT_EQ(got.gradient, (std::vector<float>{1, -1, 0}));
}

}  // namespace
}  // namespace forebay::cuda
