#include <train_imagenet/report.hpp>

#include <fmt/format.h>
#include <sys/resource.h>

#include <cstdint>
#include <sstream>
#include <string_view>

#include <common/training_cost.hpp>
#include <forebay/graph/diagnose/diagnose.hpp>
#include <train_imagenet/data.hpp>

namespace forebay {
namespace {

constexpr double kMiB = 1 << 20;

double peak_memory_mib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

std::string skipped_text(std::uint64_t images, std::string_view where = "") {
  return images > 0 ? fmt::format("{} bad images were skipped{}\n", images, where) : "";
}

std::string table_text(const GraphSnapshot& run) {
  std::ostringstream table;
  table << run;
  return table.str();
}

// Nothing where the run was too short to say.
std::string verdict_text(const SessionResult& result) {
  const Verdict verdict = diagnose(result.last_epoch, result.machine);
  return verdict.bound.limit == Limit::kUnknown
             ? ""
             : fmt::format("\n{}", describe(verdict, result.samples));
}

}  // namespace

std::string report(const SessionResult& result, std::optional<double> price_per_hour) {
  std::string text = "\nWhere the time went in the last epoch:\n" + table_text(result.last_epoch) +
                     verdict_text(result);
  if (result.seconds > 0 && result.images > 0) {
    const TrainingPace pace{static_cast<double>(result.images) / result.seconds,
                            result.images_per_epoch, result.epochs};
    text += fmt::format("\n{}\n", time_and_cost(pace, price_per_hour));
  }
  if (result.simulated.empty()) {
    text += fmt::format("memory: {:.0f} MiB at most, of which {:.0f} MiB planned for the devices\n",
                        peak_memory_mib(), static_cast<double>(result.planned_bytes) / kMiB);
  } else {
    text += fmt::format("memory: {:.0f} MiB at most\nSimulated: {}\n", peak_memory_mib(),
                        result.simulated);
  }
  return text + result.cache + result.tuning + skipped_text(result.skipped) +
         skipped_text(result.skipped_in_validation, " in the last validation");
}

std::string host_report(const SimRun& run, const TrainingPace& pace,
                        std::optional<double> price_per_hour, const std::string& simulated) {
  return "\nWhere the time would go:\n" + table_text(run.run) +
         fmt::format("\n{}\ndevices {:.0f} % busy, CPU {:.0f} % idle\nSimulated: {}\n",
                     time_and_cost(pace, price_per_hour), 100 * run.devices_busy,
                     100 * run.cores_idle, simulated) +
         describe(diagnose(run), "images");
}

std::string read_report(const ReadResult& result) {
  const GraphSnapshot& run = result.run;
  const std::uint64_t images = run.node("augment").items_out;
  const double seconds = static_cast<double>(run.elapsed) * 1e-9;
  return table_text(run) +
         fmt::format("\n{} images in {}; {:.1f} images/s\n", images, time_text(seconds),
                     static_cast<double>(images) / seconds) +
         result.cache + result.tuning + skipped_text(skipped_images(run));
}

}  // namespace forebay
