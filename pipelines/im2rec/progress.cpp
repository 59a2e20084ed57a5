#include <im2rec/progress.hpp>

#include <utility>

#include <fmt/format.h>

#include <common/terminal.hpp>

namespace forebay {
namespace {

constexpr double kRedrawSeconds = 0.1;
constexpr std::uint64_t kImagesPerLine = 1000;

std::string bar(double part) {
  constexpr std::size_t kCells = 20;
  const auto full = static_cast<std::size_t>(part * kCells);
  return '[' + std::string(full, '#') + std::string(kCells - full, '.') + ']';
}

}  // namespace

PackProgress::PackProgress(std::FILE* file, std::size_t terminal_width, Clock clock,
                           std::string name, std::uint64_t total)
    : file_(file),
      width_(terminal_width),
      clock_(std::move(clock)),
      name_(std::move(name)),
      total_(total),
      begin_(clock_()) {}

PackProgress::~PackProgress() {
  if (!line_.empty()) write(std::string(kEraseLine));
}

void PackProgress::image_done() {
  ++done_;
  if (width_ == 0 && done_ % kImagesPerLine != 0) return;
  const double now = clock_();
  if (width_ > 0) {
    if (!drawn_at_ || now - *drawn_at_ >= kRedrawSeconds) draw(now);
    return;
  }
  write(fmt::format("{}: {} of {} images, {:.1f} images/s\n", name_, done_, total_,
                    static_cast<double>(done_) / (now - begin_)));
}

void PackProgress::bad_image(std::string_view path, std::string_view what) {
  const std::string message = fmt::format("skipped {}: {}\n", path, what);
  write(line_.empty() ? message : std::string(kEraseLine) + message + line_);
}

void PackProgress::draw(double now) {
  drawn_at_ = now;
  const auto done = static_cast<double>(done_), total = static_cast<double>(total_);
  const double speed = now > begin_ ? done / (now - begin_) : 0;
  std::vector<std::string> fields = {fmt::format("{} {}", name_, bar(done / total)),
                                     fmt::format("{}/{}", done_, total_)};
  if (speed > 0) {
    fields.push_back(fmt::format("{:.1f} images/s", speed));
    fields.push_back(fmt::format("{} left", clock_text((total - done) / speed)));
  }
  line_ = join_while_fitting(fields, width_);
  write(std::string(kEraseLine) + line_);
}

void PackProgress::write(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), file_);
  std::fflush(file_);
}

}  // namespace forebay
