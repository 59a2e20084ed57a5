#include <forebay/nodes/train/metrics.hpp>

#include <utility>

namespace forebay {
namespace {

double per_row(double sum, std::size_t rows) {
  return rows == 0 ? 0 : sum / static_cast<double>(rows);
}

}  // namespace

double accuracy(const StepResult& result) {
  return per_row(static_cast<double>(result.top1), result.rows);
}

double top5_accuracy(const StepResult& result) {
  return per_row(static_cast<double>(result.top5), result.rows);
}

double mean_loss(const StepResult& result) { return per_row(result.loss_sum, result.rows); }

void EpochMetrics::add(const StepResult& result) {
  window_ += result;
  epoch_ += result;
}

StepResult EpochMetrics::take_window() { return std::exchange(window_, {}); }

StepResult EpochMetrics::take_epoch() {
  window_ = {};
  return std::exchange(epoch_, {});
}

}  // namespace forebay
