#include <forebay/nodes/cpu/loss.hpp>

#include <algorithm>
#include <cmath>

namespace forebay {
namespace {

struct RowSums {
  double largest = 0;
  double total = 0;         // of the logits, each less the largest
  double exponentials = 0;  // of e to these
};

RowSums sum_row(std::span<const float> logits) {
  RowSums sums{.largest = static_cast<double>(*std::max_element(logits.begin(), logits.end()))};
  for (float logit : logits) {
    const double difference = static_cast<double>(logit) - sums.largest;
    sums.total += difference;
    sums.exponentials += std::exp(difference);
  }
  return sums;
}

/// Logits that come before the label's: greater ones, of equal ones those of lower classes (as
/// argmax has it), and all that are not a number: a network that diverged gets nothing right.
std::size_t rank(std::span<const float> logits, std::size_t label) {
  const float own = logits[label];
  if (std::isnan(own)) return logits.size();
  std::size_t before = 0;
  for (std::size_t i = 0; i < logits.size(); ++i) {
    before += !(logits[i] <= own) || (i < label && logits[i] == own) ? 1 : 0;
  }
  return before;
}

}  // namespace

StepResult cross_entropy(std::span<const float> logits, std::span<const int> labels,
                         std::size_t classes, float smoothing, std::span<float> gradient) {
  StepResult result;
  result.rows = labels.size();
  const auto count = static_cast<double>(classes), spread = static_cast<double>(smoothing);
  const double mean_factor = 1 / static_cast<double>(labels.size());
  for (std::size_t row = 0; row < labels.size(); ++row) {
    const auto values = logits.subspan(row * classes, classes);
    const auto label = static_cast<std::size_t>(labels[row]);
    const RowSums sums = sum_row(values);
    const double log_sum = std::log(sums.exponentials);
    const double label_loss = log_sum - (static_cast<double>(values[label]) - sums.largest);
    const double even_loss = log_sum - sums.total / count;
    result.loss_sum += (1 - spread) * label_loss + spread * even_loss;
    result.cross_entropy_sum += label_loss;
    const std::size_t above = rank(values, label);
    result.top1 += above < 1 ? 1 : 0;
    result.top5 += above < 5 ? 1 : 0;
    if (gradient.empty()) continue;
    for (std::size_t i = 0; i < classes; ++i) {
      const double probability =
          std::exp(static_cast<double>(values[i]) - sums.largest) / sums.exponentials;
      const double target = (i == label ? 1 - spread : 0) + spread / count;
      gradient[row * classes + i] = static_cast<float>((probability - target) * mean_factor);
    }
  }
  return result;
}

}  // namespace forebay
