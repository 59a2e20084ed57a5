#include <train_imagenet/report.hpp>

#include <fmt/format.h>
#include <sys/resource.h>

#include <sstream>

namespace forebay {
namespace {

constexpr double kMiB = 1 << 20;

double peak_memory_mib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

// "4.5 s", "3 min 20 s", "1 h 02 min".
std::string time_text(double seconds) {
  if (seconds < 60) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<long long>(seconds + 0.5);
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole % 3600 / 60);
}

std::string skipped_text(const SessionResult& result) {
  std::string text;
  if (result.skipped > 0) text = fmt::format("{} bad images were skipped\n", result.skipped);
  if (result.skipped_in_validation > 0) {
    text += fmt::format("{} bad images were skipped in the last validation\n",
                        result.skipped_in_validation);
  }
  return text;
}

}  // namespace

std::string report(const SessionResult& result) {
  std::ostringstream table;
  table << result.last_epoch;
  std::string text = "\nWhere the time went in the last epoch:\n" + table.str();
  if (result.seconds > 0 && result.images > 0) {
    const double speed = static_cast<double>(result.images) / result.seconds;
    const double epoch = result.images_per_epoch / speed;
    text += fmt::format("\n{:.1f} images/s; {} per epoch, {} for 100 epochs\n", speed,
                        time_text(epoch), time_text(100 * epoch));
  }
  text += fmt::format("memory: {:.0f} MiB at most, of which {:.0f} MiB planned for the devices\n",
                      peak_memory_mib(), static_cast<double>(result.planned_bytes) / kMiB);
  return text + skipped_text(result);
}

}  // namespace forebay
