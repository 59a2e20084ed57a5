#include <train_imagenet/tuning.hpp>

#include <utility>

#include <fmt/format.h>

namespace forebay {

std::unique_ptr<LiveTuner> make_tuner(const TrainOptions& options, Machine machine, Log& log) {
  if (options.tune == Tune::kOff) return nullptr;
  TunerOptions tuner;
  tuner.machine = std::move(machine);
  tuner.watch = options.tune == Tune::kAlways;
  tuner.nodes = {"decode", "slot", "augment", "batch"};
  for (const NodeSetting& planned : options.host_plan.settings) {
    if (planned.setting == "queue_bytes") tuner.keep.insert(planned.node + ".queue_bytes");
  }
  if (!options.tune_given) {
    for (const NodeSetting& given : options.node_settings) {
      tuner.keep.insert(given.node + "." + given.setting);
    }
  }
  return std::make_unique<LiveTuner>(
      std::move(tuner), [&log](const std::string& what) { log.info("tune: " + what); });
}

std::string tuning_text(const LiveTuner* tuner) {
  if (tuner == nullptr) return "";
  const TuneReport report = tuner->report();
  if (!report.settled && report.trials.empty()) return "";
  const std::string found = report.changes.empty() ? "nothing to change" : describe(report.changes);
  if (!report.settled) return fmt::format("tuning: {}; it had not settled\n", found);
  return fmt::format("tuning: {}, settled after {:.0f} s; {}\n", found, report.seconds,
                     reason(report, "images"));
}

}  // namespace forebay
