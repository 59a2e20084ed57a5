// Training against PyTorch's: losses, the first step's gradients, logits and running statistics.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include <forebay/nodes/train/replica.hpp>

#include "reference.hpp"

namespace forebay {
namespace {

using reference::Results;

struct Case {
  std::string name;
  Network network;
  float smoothing = 0;
  int steps = 5;
  int evaluate_after = 5;
};

constexpr std::size_t kRows = 8;

/// How far `values` are from the tensor whose norm, dot products with hashed vectors and sampled
/// values are in `expected`, relative to its norm: the largest of three estimates. A difference
/// that is like noise changes a dot product with a vector uniform in [-1, 1) by its norm / sqrt(3).
/// `floor` is the least norm: gradients that are 0 but for rounding compare with it.
double relative_error(std::span<const float> values, const std::vector<double>& expected,
                      std::size_t index, std::size_t dots, double floor) {
  const double norm = std::max(expected[0], floor);
  double square = 0, dot_error = 0;
  for (float value : values) square += static_cast<double>(value) * static_cast<double>(value);
  for (std::size_t i = 0; i < dots; ++i) {
    double dot = 0;
    for (std::size_t k = 0; k < values.size(); ++k) {
      dot += static_cast<double>(values[k]) *
             static_cast<double>(reference::uniform(8000 + 1000 * i + index, k));
    }
    dot_error += std::pow(dot - expected[1 + i], 2) * 3 / static_cast<double>(dots);
  }
  const auto samples = static_cast<double>(expected.size() - 1 - dots);
  double sample_error = 0;
  double sample_square = samples * floor * floor / static_cast<double>(values.size());
  for (std::size_t i = 0; 1 + dots + i < expected.size(); ++i) {
    const double got =
        static_cast<double>(values[reference::hashed(7000 + index, i) % values.size()]);
    sample_error += std::pow(got - expected[1 + dots + i], 2);
    sample_square += std::pow(expected[1 + dots + i], 2);
  }
  return std::max({std::abs(std::sqrt(square) - expected[0]) / norm, std::sqrt(dot_error) / norm,
                   std::sqrt(sample_error / sample_square)});
}

class AgainstPyTorch {
 public:
  explicit AgainstPyTorch(Case the_case)
      : case_(std::move(the_case)),
        expected_(reference::read_results(case_.name)),
        weights_(case_.network),
        sgd_(weights_.parameters().size()),
        replica_(
            make_cpu_replica(case_.network, {.rows = kRows, .label_smoothing = case_.smoothing})) {
    reference::fill_weights(case_.network, weights_);
    replica_->load_parameters(weights_, 0, weights_.parameters().size());
    replica_->load_buffers(weights_);
  }

  void run() {
    for (int step = 0; step < case_.steps; ++step) {
      train(step);
      if (step + 1 == case_.evaluate_after) evaluate();
    }
  }

 private:
  void train(int step) {
    const auto first = static_cast<std::uint64_t>(expected_.at("first_step")[0]);
    const auto batch =
        reference::batch(first + static_cast<std::uint64_t>(step), kRows, case_.network);
    std::vector<float> gradient(weights_.parameters().size());
    const StepResult result = replica_->forward_backward(
        {batch.images.data(), batch.labels, kRows}, [&](const GradientBucket& bucket) {
          std::copy(bucket.values.begin(), bucket.values.end(),
                    gradient.begin() + static_cast<std::ptrdiff_t>(bucket.begin));
        });
    const double expected = expected_.at("losses").at(static_cast<std::size_t>(step));
    const double tolerance = step < 5 ? 1e-4 : 1e-2;
    EXPECT_NEAR(result.loss_sum / kRows, expected, tolerance * expected) << "step " << step;
    if (step == 0) check_gradients(gradient);
    sgd_.update(0, gradient, weights_.parameters());
    replica_->load_parameters(weights_, 0, weights_.parameters().size());
  }

  void check_gradients(std::span<const float> gradient) {
    double square = 0;
    for (float value : gradient) square += static_cast<double>(value) * static_cast<double>(value);
    const double floor = 1e-5 * std::sqrt(square);
    for (std::size_t i = 0; i < case_.network.parameters.size(); ++i) {
      const std::string& name = case_.network.parameters[i].name;
      const std::size_t begin = weights_.parameter_offset(i);
      const auto values = gradient.subspan(begin, weights_.parameter_offset(i + 1) - begin);
      const double error = relative_error(values, expected_.at("gradient " + name), i, 4, floor);
      EXPECT_LT(error, 1e-3) << name;
    }
  }

  void evaluate() {
    const auto batch = reference::batch(1000, kRows, case_.network);
    const auto classes = static_cast<std::size_t>(case_.network.classes);
    std::vector<float> logits(kRows * classes);
    replica_->evaluate({batch.images.data(), batch.labels, kRows}, logits);
    const auto& expected = expected_.at("logits");
    double largest = 0;
    for (double value : expected) largest = std::max(largest, std::abs(value));
    for (std::size_t i = 0; i < logits.size(); ++i) {
      EXPECT_NEAR(static_cast<double>(logits[i]), expected[i], 1e-3 * largest) << "logit " << i;
    }
    for (std::size_t i = 0; i < case_.network.buffers.size(); ++i) {
      const std::string& name = case_.network.buffers[i].name;
      const std::size_t begin = weights_.buffer_offset(i);
      const auto values = replica_->buffers().subspan(begin, weights_.buffer_offset(i + 1) - begin);
      EXPECT_LT(relative_error(values, expected_.at("buffer " + name), i, 1, 1e-6), 1e-3) << name;
    }
  }

  Case case_;
  Results expected_;
  Weights weights_;
  reference::Sgd sgd_;
  std::unique_ptr<Replica> replica_;
};

TEST(PyTorch, TrainsResNet18Alike) {
  AgainstPyTorch({.name = "resnet-18", .network = resnet(18, {3, 64, 64}, 10), .steps = 20}).run();
}

// Held to 1e-3 like the others, though one ReLU that rounding switches would change the gradients
// before it by more: the fixture's weights and batch keep all ReLUs' inputs away from 0.
TEST(PyTorch, TrainsResNet50Alike) {
  AgainstPyTorch({.name = "resnet-50",
                  .network = resnet(50, {3, 64, 64}, 10),
                  .steps = 3,
                  .evaluate_after = 3})
      .run();
}

TEST(PyTorch, TrainsResNet20WithLabelSmoothingAlike) {
  AgainstPyTorch({.name = "resnet-20", .network = resnet(20, {3, 32, 32}, 10), .smoothing = 0.1F})
      .run();
}

TEST(PyTorch, TrainsLeNetWithLabelSmoothingAlike) {
  AgainstPyTorch({.name = "lenet", .network = lenet(), .smoothing = 0.1F}).run();
}

TEST(PyTorch, TrainsMlpAlike) { AgainstPyTorch({.name = "mlp", .network = mlp()}).run(); }

}  // namespace
}  // namespace forebay
