#include <forebay/nodes/train/metrics.hpp>

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

double mean_cross_entropy(const StepResult& result) {
  return per_row(result.cross_entropy_sum, result.rows);
}

}  // namespace forebay
