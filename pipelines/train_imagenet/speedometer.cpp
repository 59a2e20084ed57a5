#include <train_imagenet/speedometer.hpp>

#include <limits>
#include <utility>

#include <fmt/format.h>

namespace forebay {
namespace {

double images_per_second(const TrainOptions& options, double seconds) {
  const double images = static_cast<double>(options.disp_batches) * options.batch_size;
  return seconds > 0 ? images / seconds : std::numeric_limits<double>::infinity();
}

}  // namespace

Speedometer::Speedometer(const TrainOptions& options, Clock clock)
    : options_(options), clock_(std::move(clock)) {}

std::optional<std::string> Speedometer::batch_done(int epoch, int batch, const StepResult& result) {
  if (epoch != epoch_) {
    epoch_ = epoch;
    window_ = result;
    window_start_ = clock_();
    return std::nullopt;
  }
  window_ += result;
  if (batch % options_.disp_batches != 0) return std::nullopt;

  const double now = clock_();
  std::string message = fmt::format("Epoch[{}] Batch [{}-{}]\tSpeed: {:.2f} samples/sec", epoch,
                                    batch - options_.disp_batches, batch,
                                    images_per_second(options_, now - window_start_));
  for (const Metric& metric : metrics(window_, options_)) {
    message += fmt::format("\t{}={:f}", metric.name, metric.value);
  }
  window_ = {};
  window_start_ = now;
  return message;
}

ReadSpeedometer::ReadSpeedometer(const TrainOptions& options, Clock clock)
    : options_(options), clock_(std::move(clock)), window_start_(clock_()) {}

std::optional<std::string> ReadSpeedometer::batch_done(int batch) {
  if ((batch + 1) % options_.disp_batches != 0) return std::nullopt;
  const double now = clock_();
  const double speed = images_per_second(options_, now - window_start_);
  window_start_ = now;
  return fmt::format("Batch [{}]\tSpeed: {:.2f} samples/sec", batch, speed);
}

}  // namespace forebay
