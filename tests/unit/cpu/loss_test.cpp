#include <forebay/nodes/cpu/loss.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace forebay {
namespace {

TEST(CrossEntropy, OfEvenLogitsIsTheLogOfTheClasses) {
  const std::vector<float> logits(2 * 8, 3.0F);
  const std::vector<int> labels{0, 5};
  EXPECT_NEAR(cross_entropy(logits, labels, 8, 0).loss_sum, 2 * std::log(8.0), 1e-12);
  EXPECT_NEAR(cross_entropy(logits, labels, 8, 0.1F).loss_sum, 2 * std::log(8.0), 1e-12);
}

// torch.nn.CrossEntropyLoss(label_smoothing=s)(tensor([[2., -1., .5, 0.]]), tensor([2])): by hand,
// log(e^2 + e^-1 + e^.5 + 1) = 2.3502..., and the smoothed part is the mean over the classes.
TEST(CrossEntropy, SmoothsOverAllClasses) {
  const std::vector<float> logits{2, -1, 0.5F, 0};
  const std::vector<int> labels{2};
  const double log_sum = std::log(std::exp(2.0) + std::exp(-1.0) + std::exp(0.5) + 1);
  EXPECT_NEAR(cross_entropy(logits, labels, 4, 0).loss_sum, log_sum - 0.5, 1e-12);
  EXPECT_NEAR(cross_entropy(logits, labels, 4, 0.2F).loss_sum,
              0.8 * (log_sum - 0.5) + 0.2 * (log_sum - 1.5 / 4), 1e-8);
}

TEST(CrossEntropy, IsKeptBesideTheSmoothedLoss) {
  const std::vector<float> logits{2, -1, 0.5F, 0, 0, 3, 0, 0};
  const std::vector<int> labels{2, 1};
  EXPECT_DOUBLE_EQ(cross_entropy(logits, labels, 4, 0.2F).cross_entropy_sum,
                   cross_entropy(logits, labels, 4, 0).loss_sum);
}

TEST(CrossEntropy, GradientIsThatOfTheMeanLoss) {
  std::vector<float> logits{0.3F, -0.7F, 1.1F, 0.2F, 0.9F, -0.4F};
  const std::vector<int> labels{1, 2};
  std::vector<float> gradient(logits.size());
  cross_entropy(logits, labels, 3, 0.1F, gradient);
  for (std::size_t i = 0; i < logits.size(); ++i) {
    const float before = logits[i];
    constexpr float kStep = 1.0F / 128;
    logits[i] = before + kStep;
    const double above = cross_entropy(logits, labels, 3, 0.1F).loss_sum;
    logits[i] = before - kStep;
    const double below = cross_entropy(logits, labels, 3, 0.1F).loss_sum;
    logits[i] = before;
    EXPECT_NEAR(static_cast<double>(gradient[i]),
                (above - below) / (2 * static_cast<double>(kStep)) / 2, 1e-5);
  }
}

TEST(CrossEntropy, StaysFiniteForLargeLogits) {
  const std::vector<float> logits{10000, 0, -10000};
  EXPECT_DOUBLE_EQ(cross_entropy(logits, std::vector<int>{1}, 3, 0).loss_sum, 10000);
}

TEST(CrossEntropy, RanksEqualLogitsByTheirClass) {
  const std::vector<float> logits{1, 1, 1, 0, 2, 1, 1, 3};
  const auto count = [&](int label) {
    return cross_entropy(logits, std::vector<int>{label}, 8, 0);
  };
  EXPECT_EQ(count(7).top1, 1u);
  EXPECT_EQ(count(4).top1, 0u);
  EXPECT_EQ(count(2).top5, 1u);  // behind two greater and two equal ones
  EXPECT_EQ(count(5).top5, 0u);
  EXPECT_EQ(count(3).top5, 0u);
  EXPECT_EQ(count(7).rows, 1u);
}

TEST(CrossEntropy, ALogitThatIsNotANumberComesBeforeTheLabel) {
  const std::vector<float> logits{1, std::numeric_limits<float>::quiet_NaN(), 0};
  EXPECT_EQ(cross_entropy(logits, std::vector<int>{0}, 3, 0).top1, 0u);
}

TEST(CrossEntropy, CountsNotANumberAsWrong) {
  const std::vector<float> logits(6, std::numeric_limits<float>::quiet_NaN());
  const StepResult result = cross_entropy(logits, std::vector<int>{0}, 6, 0);
  EXPECT_EQ(result.top1, 0u);
  EXPECT_EQ(result.top5, 0u);
  EXPECT_TRUE(std::isnan(result.loss_sum));
}

}  // namespace
}  // namespace forebay
