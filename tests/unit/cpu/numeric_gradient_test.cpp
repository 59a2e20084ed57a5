// Gradients against differences of losses, on a network in which every kind of layer occurs.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include <forebay/nodes/train/replica.hpp>

#include "every_layer.hpp"
#include "reference.hpp"

namespace forebay {
namespace {

constexpr std::size_t kRows = 6;

class NumericGradient : public testing::Test {
 protected:
  NumericGradient()
      : network_(reference::every_layer()),
        weights_(network_),
        batch_(reference::batch(3, kRows, network_)),
        replica_(make_cpu_replica(network_, {.rows = kRows, .label_smoothing = 0.1F})) {
    weights_.initialise(1);
  }

  double loss() {
    replica_->load_parameters(weights_, 0, weights_.parameters().size());
    return replica_->forward_backward({batch_.images.data(), batch_.labels, kRows}, {}).loss_sum /
           static_cast<double>(kRows);
  }

  std::vector<float> gradient() {
    std::vector<float> all(weights_.parameters().size());
    replica_->load_parameters(weights_, 0, all.size());
    replica_->forward_backward({batch_.images.data(), batch_.labels, kRows},
                               [&](const GradientBucket& bucket) {
                                 std::copy(bucket.values.begin(), bucket.values.end(),
                                           all.begin() + static_cast<std::ptrdiff_t>(bucket.begin));
                               });
    return all;
  }

  Network network_;
  Weights weights_;
  reference::SampleBatch batch_;
  std::unique_ptr<Replica> replica_;
};

TEST_F(NumericGradient, AgreesForEveryParameter) {
  const std::vector<float> all = gradient();
  const std::vector<float> start(weights_.parameters().begin(), weights_.parameters().end());
  for (std::size_t i = 0; i < network_.parameters.size(); ++i) {
    const std::size_t begin = weights_.parameter_offset(i), end = weights_.parameter_offset(i + 1);
    double norm = 0;
    for (std::size_t k = begin; k < end; ++k) norm += std::pow(static_cast<double>(all[k]), 2);
    norm = std::sqrt(norm);
    // A bias that a norm follows has no effect; its gradient is rounding.
    if (norm < 1e-5) continue;
    // Along the gradient the loss changes most: by the norm for each unit.
    constexpr double kStep = 2e-3;
    const auto loss_at = [&](double distance) {
      for (std::size_t k = begin; k < end; ++k) {
        weights_.parameters()[k] = static_cast<float>(
            static_cast<double>(start[k]) + distance * static_cast<double>(all[k]) / norm);
      }
      return loss();
    };
    const double slope = (loss_at(kStep) - loss_at(-kStep)) / (2 * kStep);
    std::copy(start.begin(), start.end(), weights_.parameters().begin());
    // ReLUs and maxima that switch within the step bend the loss by some 2 %.
    EXPECT_NEAR(slope, norm, 0.03 * norm) << network_.parameters[i].name;
  }
}

}  // namespace
}  // namespace forebay
