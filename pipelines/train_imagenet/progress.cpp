#include <train_imagenet/progress.hpp>

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace forebay {
namespace {

constexpr double kRedrawSeconds = 0.1;
constexpr double kAverageSeconds = 10;

// "0:07", "12:34", "3:02:01".
std::string duration(double seconds) {
  const auto whole = static_cast<std::int64_t>(seconds + 0.5);
  const auto hours = whole / 3600, minutes = whole / 60 % 60, rest = whole % 60;
  return hours > 0 ? fmt::format("{}:{:02}:{:02}", hours, minutes, rest)
                   : fmt::format("{}:{:02}", minutes, rest);
}

std::string join_while_fitting(const std::vector<std::string>& fields, std::size_t width) {
  std::string line;
  for (const auto& field : fields) {
    const std::string more = line.empty() ? field : "  " + field;
    // The last column stays free: some terminals wrap when it is written.
    if (line.size() + more.size() >= width) break;
    line += more;
  }
  return line;
}

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
  const auto left = all - static_cast<double>(progress.images);

  std::vector<std::string> fields = {
      fmt::format("{} {}/{}", progress.phase, progress.epoch + 1, progress.epochs),
      fmt::format("{:3} %",
                  100 * progress.images / std::max<std::int64_t>(progress.images_per_epoch, 1))};
  if (images_per_second > 0) {
    fields.push_back(fmt::format("{:.1f} images/s", images_per_second));
  }
  fields.push_back(fmt::format("loss {:.4f}", progress.loss));
  fields.push_back(fmt::format("accuracy {:.4f}", progress.accuracy));
  if (images_per_second > 0) {
    const double later = all * (progress.epochs - progress.epoch - 1);
    fields.push_back(fmt::format("epoch ends in {}", duration(left / images_per_second)));
    fields.push_back(fmt::format("run in {}", duration((left + later) / images_per_second)));
  }
  return join_while_fitting(fields, width_());
}

bool terminal_on_stderr() {
  const char* kind = std::getenv("TERM");
  return isatty(STDERR_FILENO) == 1 && kind != nullptr && std::string_view(kind) != "dumb";
}

std::size_t terminal_width() {
  winsize size{};
  const bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : 80;
}

}  // namespace forebay
