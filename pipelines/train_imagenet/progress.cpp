#include <train_imagenet/progress.hpp>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <common/terminal.hpp>

namespace forebay {
namespace {

constexpr double kRedrawSeconds = 0.1;
constexpr double kAverageSeconds = 10;

}  // namespace

ProgressLine::ProgressLine(Clock clock, std::function<std::size_t()> width)
    : clock_(std::move(clock)), width_(std::move(width)) {}

double ProgressLine::speed(const Progress& progress, double now) {
  const bool same_pass = last_ && last_->phase == progress.phase && last_->epoch == progress.epoch;
  if (same_pass && now > last_time_) {
    const double seconds = now - last_time_;
    const double kept = std::exp(-seconds / kAverageSeconds);
    const double measured = static_cast<double>(progress.images - last_->images) / seconds;
    speed_ = kept * speed_ + (1 - kept) * measured;
    weight_ = kept * weight_ + (1 - kept);
  }
  last_ = progress;
  last_time_ = now;
  return weight_ > 0 ? speed_ / weight_ : 0;
}

std::optional<std::string> ProgressLine::update(const Progress& progress) {
  const double now = clock_();
  if (drawn_at_ && now - *drawn_at_ < kRedrawSeconds) return std::nullopt;
  drawn_at_ = now;
  const double images_per_second = speed(progress, now);
  const auto all = static_cast<double>(std::max<std::int64_t>(progress.images_per_epoch, 1));
  const auto left = std::max(0.0, all - static_cast<double>(progress.images));

  std::vector<std::string> fields = {
      fmt::format("{} {}/{}", progress.phase, progress.epoch + 1, progress.epochs),
      fmt::format("{:3} %",
                  100 * progress.images / std::max<std::int64_t>(progress.images_per_epoch, 1))};
  // What a terminal of 80 columns has no room for is in the log's lines too.
  if (images_per_second > 0) {
    const double later = all * (progress.epochs - progress.epoch - 1);
    fields.push_back(fmt::format("{:.1f} images/s", images_per_second));
    fields.push_back(fmt::format("epoch ends in {}", clock_text(left / images_per_second)));
    fields.push_back(fmt::format("run in {}", clock_text((left + later) / images_per_second)));
  }
  fields.push_back(fmt::format("accuracy {:.4f}", progress.accuracy));
  fields.push_back(fmt::format("loss {:.4f}", progress.loss));
  return join_while_fitting(fields, width_());
}

}  // namespace forebay
