#include <train_imagenet/log.hpp>

#include <chrono>
#include <ctime>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <common/terminal.hpp>
#include <forebay/nodes/train/metrics.hpp>
#include <train_imagenet/flags.hpp>

namespace forebay {

std::vector<Metric> metrics(const StepResult& result, const TrainOptions& options) {
  std::vector<Metric> all = {{"accuracy", accuracy(result)}};
  if (options.top_k > 0) all.push_back({"top_k_accuracy_5", top5_accuracy(result)});
  if (!options.loss.empty()) all.push_back({"cross-entropy", mean_cross_entropy(result)});
  return all;
}

std::string start_message(const TrainOptions& options) {
  return "start with arguments " + namespace_text(options);
}

std::string train_message(int epoch, const Metric& metric) {
  return fmt::format("Epoch[{}] Train-{}={:f}", epoch, metric.name, metric.value);
}

std::string validation_message(int epoch, const Metric& metric) {
  return fmt::format("Epoch[{}] Validation-{}={:f}", epoch, metric.name, metric.value);
}

std::string time_cost_message(int epoch, double seconds) {
  return fmt::format("Epoch[{}] Time cost={:.3f}", epoch, seconds);
}

std::string saved_message(const std::string& path) {
  return fmt::format("Saved checkpoint to \"{}\"", path);
}

std::string loaded_message(const std::string& path) { return "Loaded model " + path; }

std::string resumed_rate_message(double rate, int epoch) {
  return fmt::format("Adjust learning rate to {:e} for epoch {}", rate, epoch);
}

std::string rate_message(std::int64_t update, double rate) {
  return fmt::format("Update[{}]: Change learning rate to {:.5e}", update, rate);
}

std::string interrupted_message(const TrainOptions& options) {
  if (options.model_prefix.empty()) {
    return "Interrupted; nothing was saved, because --model-prefix was not given";
  }
  std::vector<std::string> replaced;  // they begin at another point
  if (options.load_epoch) replaced.emplace_back("--load-epoch");
  if (options.overwrite) replaced.emplace_back("--overwrite");
  return fmt::format("Interrupted; the same command with --resume{}{} goes on from here",
                     replaced.empty() ? "" : " in place of ", fmt::join(replaced, " and "));
}

Log::Log(std::FILE* file, LogPrefix prefix, TimeStamp time_stamp)
    : file_(file), prefix_(prefix), time_stamp_(std::move(time_stamp)) {}

void Log::info(std::string_view message) {
  std::string line;
  switch (prefix_) {
    case LogPrefix::kPlain:
      break;
    case LogPrefix::kMxnet:
      line = "INFO:root:";
      break;
    case LogPrefix::kNode:
      line = time_stamp_() + " Node[0] ";
      break;
  }
  line += message;
  line += '\n';
  const std::scoped_lock lock(mutex_);
  if (!progress_.empty()) line = std::string(kEraseLine) + line + progress_;
  std::fwrite(line.data(), 1, line.size(), file_);
  std::fflush(file_);
}

void Log::set_progress(std::string line) {
  const std::scoped_lock lock(mutex_);
  if (line.empty() && progress_.empty()) return;
  progress_ = std::move(line);
  const std::string drawn = std::string(kEraseLine) + progress_;
  std::fwrite(drawn.data(), 1, drawn.size(), file_);
  std::fflush(file_);
}

std::string python_time_stamp() {
  const auto now = std::chrono::system_clock::now();
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch());
  std::tm local{};
  localtime_r(&seconds, &local);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &local);
  return fmt::format("{},{:03}", text, since.count() % 1000);
}

}  // namespace forebay
