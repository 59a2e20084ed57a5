#pragma once

// The log: MXNet's lines, so that programs that read MXNet's logs read these.

#include <cstdint>
#include <cstdio>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include <forebay/nodes/train/replica.hpp>
#include <train_imagenet/options.hpp>

namespace forebay {

/// A figure of merit by MXNet's name.
struct Metric {
  std::string name;
  double value = 0;
};

/// accuracy, then top_k_accuracy_5 with --top-k 5, then cross-entropy with --loss ce, which knows
/// nothing of label smoothing. 0 for a result without rows.
std::vector<Metric> metrics(const StepResult& result, const TrainOptions& options);

// Messages. Epochs are counted from 0, as MXNet does.
std::string start_message(const TrainOptions& options);
std::string train_message(int epoch, const Metric& metric);
std::string validation_message(int epoch, const Metric& metric);
std::string time_cost_message(int epoch, double seconds);
std::string saved_message(const std::string& path);
std::string loaded_message(const std::string& path);
std::string resumed_rate_message(double rate, int epoch);
std::string interrupted_message(const TrainOptions& options);
std::string rate_message(std::int64_t update, double rate);

/// Writes lines to a file (stderr), each in one piece, and keeps a progress line below them.
/// Safe from any thread.
class Log {
 public:
  /// Makes the time stamp of LogPrefix::kNode.
  using TimeStamp = std::function<std::string()>;

  /// `file` stays open as long as this lives.
  Log(std::FILE* file, LogPrefix prefix, TimeStamp time_stamp);

  /// Removes the progress line, so that what is written next begins on a clean one.
  ~Log() { set_progress(""); }
  Log(const Log&) = delete;  // owns the terminal's last line

  /// One line; `message` has no newline.
  void info(std::string_view message);

  /// Replaces the line that is redrawn in place on a terminal; "" removes it.
  void set_progress(std::string line);

 private:
  std::mutex mutex_;
  std::FILE* file_;
  LogPrefix prefix_;
  TimeStamp time_stamp_;
  std::string progress_;
};

/// The local time now as Python's logging writes it: "2017-01-01 12:00:00,123".
std::string python_time_stamp();

}  // namespace forebay
