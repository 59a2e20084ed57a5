#include <forebay/graph/record/recorder.hpp>

#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include <forebay/graph/error.hpp>
#include <forebay/graph/inspect/registry.hpp>
#include <forebay/graph/record/record_file.hpp>
#include <forebay/graph/record/run_lines.hpp>

namespace forebay {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kPeriod{1};
constexpr std::size_t kMostEnds = 64;  // that wait while the disk does not answer

// Seconds since 1970 that never go back, whatever is done to the system's clock.
class WallClock {
 public:
  double now() const {
    return begin_ + std::chrono::duration<double>(Clock::now() - from_).count();
  }

 private:
  const Clock::time_point from_ = Clock::now();
  const double begin_ =
      std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
};

}  // namespace

class Recorder::Work {
 public:
  explicit Work(RecorderOptions options)
      : file_(options.path, options.existing),
        warn_(std::move(options.warn)),
        first_(lines_.emplace(registry_.verdicts()).start(look(), clock_.now())),
        ends_watch_(registry_.watch_ends([this](const Report& last) { note_end(last); })),
        thread_([this] {
          pthread_setname_np(pthread_self(), "forebay-record");
          run();
        }) {}
  ~Work() {
    ends_watch_.reset();
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
    }
    wake_.notify_one();
    thread_.join();
  }

 private:
  struct End {
    Report last;
    double time = 0;
  };

  void note_end(const Report& last);
  std::vector<End> take_ends();
  Report look() const;
  void run();
  void write(const std::string& lines);

  detail::Registry& registry_ = detail::process_registry();
  detail::RecordFile file_;
  const std::function<void(const std::string&)> warn_;
  bool warned_ = false;
  std::optional<detail::RunLines> lines_;  // none after lines were lost
  const WallClock clock_;
  std::string first_;  // not written yet; what ends before the thread runs is recorded too

  std::mutex mutex_;  // guards the next two
  std::vector<End> ends_;
  bool stopped_ = false;
  std::condition_variable wake_;

  Publication ends_watch_;
  std::thread thread_;  // last: it uses all others
};

void Recorder::Work::note_end(const Report& last) {
  {
    const std::lock_guard lock(mutex_);
    if (ends_.size() == kMostEnds) return;
    ends_.push_back({last, clock_.now()});
  }
  wake_.notify_one();
}

std::vector<Recorder::Work::End> Recorder::Work::take_ends() {
  const std::lock_guard lock(mutex_);
  return std::exchange(ends_, {});
}

// The run that goes on; without one the process alone.
Report Recorder::Work::look() const {
  try {
    Report report = registry_.report();
    if (report.run.running) return report;
  } catch (const Error&) {  // none has run yet
  }
  return registry_.process_report();
}

void Recorder::Work::run() {
  auto next = Clock::now();  // at once: the start
  for (bool stopped = false; !stopped;) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait_until(lock, next, [this] { return stopped_ || !ends_.empty(); });
      stopped = stopped_;
    }
    const bool due = stopped || Clock::now() >= next;
    const Report report = due ? look() : Report();
    const double now = clock_.now();
    std::string lines = std::exchange(first_, {});
    if (!lines_) lines = lines_.emplace(registry_.verdicts()).start(due ? report : look(), now);
    for (End& end : take_ends()) {  // after looking: a run that was seen may have ended since
      end.last.host = sample_host();
      lines += lines_->step(end.last, end.time);
    }
    if (due) lines += lines_->step(report, now);
    write(lines);
    if (due) next = std::max(next + kPeriod, Clock::now());
  }
}

void Recorder::Work::write(const std::string& lines) {
  try {
    file_.append(lines);
  } catch (const Error& error) {
    lines_.reset();  // what was lost may be what later lines need: a new start
    if (!std::exchange(warned_, true) && warn_) warn_(error.what());
  }
}

Recorder::Recorder(RecorderOptions options) : work_(std::make_unique<Work>(std::move(options))) {}

Recorder::~Recorder() = default;

}  // namespace forebay
