#include <train_imagenet/report.hpp>

#include <fmt/format.h>
#include <sys/resource.h>

#include <cstdint>
#include <sstream>
#include <string_view>

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

std::string speed_text(double images_per_second, double images_per_epoch) {
  const double epoch = images_per_epoch / images_per_second;
  return fmt::format("\n{:.1f} images/s; {} per epoch, {} for 100 epochs\n", images_per_second,
                     time_text(epoch), time_text(100 * epoch));
}

std::string skipped_text(std::uint64_t images, std::string_view where = "") {
  return images > 0 ? fmt::format("{} bad images were skipped{}\n", images, where) : "";
}

std::string table_text(const GraphSnapshot& run) {
  std::ostringstream table;
  table << run;
  return table.str();
}

}  // namespace

std::string report(const SessionResult& result) {
  std::string text = "\nWhere the time went in the last epoch:\n" + table_text(result.last_epoch);
  if (result.seconds > 0 && result.images > 0) {
    text +=
        speed_text(static_cast<double>(result.images) / result.seconds, result.images_per_epoch);
  }
  if (result.simulated.empty()) {
    text += fmt::format("memory: {:.0f} MiB at most, of which {:.0f} MiB planned for the devices\n",
                        peak_memory_mib(), static_cast<double>(result.planned_bytes) / kMiB);
  } else {
    text += fmt::format("memory: {:.0f} MiB at most\nSimulated: {}\n", peak_memory_mib(),
                        result.simulated);
  }
  return text + skipped_text(result.skipped) +
         skipped_text(result.skipped_in_validation, " in the last validation");
}

std::string host_report(const SimRun& run, double images_per_epoch, const std::string& simulated) {
  return "\nWhere the time would go:\n" + table_text(run.run) +
         speed_text(run.images_per_second, images_per_epoch) +
         fmt::format("devices {:.0f} % busy, CPU {:.0f} % idle\nSimulated: {}\n",
                     100 * run.devices_busy, 100 * run.cores_idle, simulated) +
         describe(diagnose(run), "images");
}

std::string read_report(const GraphSnapshot& run) {
  const std::uint64_t images = run.node("augment").items_out;
  const double seconds = static_cast<double>(run.elapsed) * 1e-9;
  return table_text(run) +
         fmt::format("\n{} images in {}; {:.1f} images/s\n", images, time_text(seconds),
                     static_cast<double>(images) / seconds) +
         skipped_text(run.node("decode").skipped);
}

}  // namespace forebay
