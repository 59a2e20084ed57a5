#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <fstream>
#include <optional>

#include <forebay/graph/graph.hpp>

#include "reality.hpp"

namespace forebay::bench {
namespace {

/// All that a graph carries: which sample, or which batch.
struct Token {
  std::uint64_t id = 0;
};

[[maybe_unused]] std::size_t byte_size(const Token&) { return kItemBytes; }

std::int64_t nanoseconds(const timespec& time) {
  return time.tv_sec * std::int64_t{1'000'000'000} + time.tv_nsec;
}

void sleep_ms(double ms) {
  // Sleeps of these threads are to end on time, not 50 microseconds later.
  thread_local const int exact = prctl(PR_SET_TIMERSLACK, 1);
  static_cast<void>(exact);
  timespec until{};
  clock_gettime(CLOCK_MONOTONIC, &until);
  const std::int64_t end = nanoseconds(until) + static_cast<std::int64_t>(ms * 1e6);
  until.tv_sec = end / 1'000'000'000;
  until.tv_nsec = end % 1'000'000'000;
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) != 0) {
  }
}

void compute_ms(double ms) {
  const std::int64_t end = detail::thread_cpu_ns() + static_cast<std::int64_t>(ms * 1e6);
  while (detail::thread_cpu_ns() < end) {
  }
}

/// CPU seconds of all programs and of this one so far.
struct CpuUse {
  double all = 0, own = 0;
};

CpuUse cpu_use() {
  std::ifstream stat("/proc/stat");
  std::string word;
  double user = 0, nice = 0, system = 0;
  stat >> word >> user >> nice >> system;
  rusage own{};
  getrusage(RUSAGE_SELF, &own);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return {(user + nice + system) / static_cast<double>(sysconf(_SC_CLK_TCK)),
          seconds(own.ru_utime) + seconds(own.ru_stime)};
}

class Collect {
 public:
  explicit Collect(const Stage& stage) : size_(stage.batch), times_(stage.times) {}
  std::optional<Token> add(Token) {
    if (times_.mean() > 0) sleep_ms(times_.of(seen_));
    if (++seen_ % size_ != 0) return std::nullopt;
    return Token{seen_ / size_ - 1};
  }
  std::optional<Token> finish() { return std::nullopt; }

 private:
  std::size_t size_;
  Times times_;
  std::uint64_t seen_ = 0;
};

/// A planted graph and the two moments of its run.
class LiveGraph {
 public:
  explicit LiveGraph(const Plant& plant)
      : plant_(plant), graph_("planted", {.threads = static_cast<int>(plant.cores)}) {
    Output<Token> tail;
    for (const Stage& stage : plant.stages) tail = add(stage, tail);
    if (!plant.devices.times.empty()) add_devices(tail);
  }

  Seen run(const Changes& changes) {
    for (const SettingChange& change : changes) {
      graph_.set(change.path(), std::to_string(change.to));
    }
    graph_.run();
    Seen seen;
    seen.difference = end_ - begin_;
    seen.earlier = begin_;
    seen.later = end_;
    const double seconds = static_cast<double>(seen.difference.elapsed) * 1e-9;
    seen.samples_per_second = static_cast<double>((last_ - first_) * plant_.per_end()) / seconds;
    seen.others = (used_end_.all - used_begin_.all - (used_end_.own - used_begin_.own)) / seconds;
    return seen;
  }

 private:
  static auto body(const Stage& stage) {
    return [times = stage.times, computes = stage.computes](Token token) {
      computes ? compute_ms(times.of(token.id)) : sleep_ms(times.of(token.id));
      return token;
    };
  }

  Output<Token> add(const Stage& stage, const Output<Token>& tail) {
    const bool on_pool = stage.computes || (stage.what == What::kBatch && stage.times.mean() == 0);
    const NodeSettings settings{.concurrency = stage.concurrency,
                                .queue = stage.queue,
                                .queue_bytes = stage.queue_bytes,
                                .run_on = on_pool ? RunOn::kPool : RunOn::kOwnThreads};
    switch (stage.what) {
      case What::kSource:
        return graph_
            .source(stage.name, settings,
                    [work = body(stage), next = std::uint64_t{0}]() mutable {
                      return std::optional(work(Token{next++}));
                    })
            .output;
      case What::kBatch:
        return (tail >> graph_.collect<Token>(stage.name, settings, Collect(stage))).output;
      case What::kWork:
        return (tail >> graph_.transform(stage.name, settings, body(stage))).output;
      case What::kEnd:
        break;
    }
    const auto work = graph_.transform(stage.name, settings, body(stage));
    // Not on the pool, where it would have to wait for a worker to tell when a sample came.
    tail >> work >> graph_.sink("count", {.queue = kCountQueue, .run_on = RunOn::kOwnThreads},
                                [this](Token) { count(); });
    return {};
  }

  void add_devices(const Output<Token>& tail) {
    const NodeSettings fixed{.queue = 2, .run_on = RunOn::kOwnThreads, .fixed = true};
    const std::size_t devices = plant_.devices.times.size();
    const auto step = graph_.join<Token, Token>("step", {.queue = 2});
    const auto scatter =
        graph_.broadcast<std::tuple<Token, Token>>("scatter", {.queue = 1}, devices);
    const auto gather = graph_.gather<Token>("gather", {.queue = 2}, devices);
    tail >> step.first;
    step.output >> scatter.input;
    for (std::size_t i = 0; i < devices; ++i) {
      const auto device =
          graph_.transform("device[" + std::to_string(i) + "]", fixed,
                           [times = plant_.devices.times[i]](std::tuple<Token, Token> item) {
                             sleep_ms(times.of(std::get<0>(item).id));
                             return std::get<0>(item);
                           });
      scatter[i] >> device >> gather.inputs[i];
    }
    const auto reduce = graph_.transform(
        "all-reduce", fixed, [times = plant_.devices.all_reduce](std::vector<Token> parts) {
          sleep_ms(times.of(parts.front().id));
          return parts.front();
        });
    const auto update =
        graph_.transform("update", fixed, [times = plant_.devices.update](Token token) {
          sleep_ms(times.of(token.id));
          return token;
        });
    const auto done = graph_.broadcast<Token>("weights-new", {.queue = 1}, 2);
    gather.output >> reduce >> update >> done.input;
    graph_.feedback(done[0], step.second, std::vector<Token>(1));
    done[1] >> graph_.sink("count", {.queue = 2}, [this](Token) { count(); });
  }

  void count() {
    const std::uint64_t per_end = plant_.per_end();
    first_ = plant_.warm_up / per_end;
    last_ = (plant_.warm_up + plant_.samples) / per_end;
    ++counted_;
    if (counted_ == first_) {
      begin_ = graph_.snapshot();
      used_begin_ = cpu_use();
    } else if (counted_ == last_) {
      end_ = graph_.snapshot();
      used_end_ = cpu_use();
      graph_.cancel();
    }
  }

  const Plant& plant_;
  Graph graph_;
  GraphSnapshot begin_, end_;
  CpuUse used_begin_, used_end_;
  std::uint64_t counted_ = 0, first_ = 0, last_ = 0;
};

}  // namespace

Seen run_live(const Plant& plant, const Changes& changes) {
  constexpr double kFew = 0.05;
  constexpr int kTries = 3;
  Seen seen = LiveGraph(plant).run(changes);
  // Other programs that take a core change what a graph that computes does; so try again.
  for (int i = 1; i < kTries && plant.computes && seen.others > kFew; ++i) {
    Seen again = LiveGraph(plant).run(changes);
    if (again.others < seen.others) seen = std::move(again);
  }
  return seen;
}

}  // namespace forebay::bench
