// Gradients against differences of losses, on a network in which every kind of layer occurs.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include <forebay/nodes/network/builder.hpp>
#include <forebay/nodes/train/replica.hpp>

#include "reference.hpp"

namespace forebay {
namespace {

constexpr std::size_t kRows = 6;

Network every_layer() {
  NetworkBuilder builder("every-layer", {2, 12, 12}, 4);
  const Window three{.kernel = 3, .stride = 1, .padding = 1};
  int x = builder.convolution("conv1", 0, 8, three, true);
  x = builder.max_pool("pool", builder.relu("relu1", x), {.kernel = 3, .stride = 2, .padding = 1});
  // An add that its norm takes over, with a projection that has a norm of its own.
  int y = builder.relu("relu2", builder.norm("bn2", builder.convolution("conv2", x, 8, three)));
  y = builder.norm("bn3", builder.convolution("conv3", y, 12, three));
  const int projection = builder.norm("bn4", builder.convolution("conv4", x, 12, Window{}));
  x = builder.relu("relu3", builder.add("add1", y, projection));
  // Adds that stand alone, one without a ReLU; three layers read x, so its gradient has three
  // terms.
  y = builder.relu("relu4", builder.add("add2", builder.convolution("conv5", x, 12, three), x));
  x = builder.add("add3", y, builder.convolution("conv6", x, 12, Window{}));
  // A norm without a ReLU, and linear layers after a flattened and after an averaged image.
  x = builder.norm("bn5", builder.convolution("conv7", x, 6, {.kernel = 3, .stride = 2}));
  y = builder.relu("relu5", builder.linear("fc1", builder.flatten("flatten1", x), 10));
  const int mean = builder.flatten("flatten2", builder.global_average_pool("mean", x));
  y = builder.add("add4", y, builder.linear("fc2", mean, 10));
  builder.linear("fc3", y, 4);
  return std::move(builder).finish();
}

class NumericGradient : public testing::Test {
 protected:
  NumericGradient()
      : network_(every_layer()),
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
