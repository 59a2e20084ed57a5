// forebay trace [NAME|PID]: the timeline of a running graph, for Chrome's and Perfetto's viewers.

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iostream>
#include <set>
#include <thread>

#include <fmt/format.h>

#include <common/clock.hpp>
#include <common/flag_values.hpp>
#include <common/interrupt.hpp>
#include <forebay/arguments.hpp>
#include <forebay/commands.hpp>
#include <forebay/graph/inspect/chrome_trace.hpp>
#include <forebay/graph/inspect/client.hpp>
#include <forebay/graph/inspect/unix_socket.hpp>

namespace forebay {
namespace {

// A graph that is so quick that an answer is large would lose what has no room in between.
constexpr std::chrono::milliseconds kShortPeriod{50}, kLongPeriod{250};
constexpr std::size_t kLargeAnswer = 100'000;             // bytes
constexpr double kLease = 2;                              // seconds that tracing outlives us
constexpr std::size_t kMostBytes = std::size_t{1} << 28;  // of answers; no viewer takes more

double seconds_of(const Arguments& arguments) {
  const auto reader = number(0.1, 3600);
  const std::string text = arguments.text("seconds").value_or("10");
  const auto seconds = reader.read(text);
  if (!seconds) throw WrongUse(fmt::format("--seconds is '{}'; give {}", text, reader.wants));
  return *seconds;
}

// The answers are read when all are there: until then that would take processor time from the
// graph.
class Recording {
 public:
  explicit Recording(const Inspector& inspector) : inspector_(inspector) {}

  /// Throws `Error` where there is nothing to trace; what comes later only ends it.
  void run(double seconds) {
    ask(kLease);
    const double end = seconds_now() + seconds;
    std::chrono::milliseconds period = kShortPeriod;
    while (seconds_now() < end && !InterruptWatch::seen()) {
      std::this_thread::sleep_for(answers_.back().size() > kLargeAnswer ? kShortPeriod : period);
      period = std::min(2 * period, kLongPeriod);
      if (bytes_ > kMostBytes) {
        std::cerr << "forebay: the trace is cut short: it is too large for any viewer\n";
        break;
      }
      if (!try_ask(kLease) && detail::is_stale(inspector_.socket())) return;  // it has ended
    }
    try_ask(0);
  }

  std::vector<TraceReport> pieces() const {
    std::vector<TraceReport> pieces;
    for (const std::string& answer : answers_) pieces.push_back(trace_from_json(answer));
    return pieces;
  }

 private:
  void ask(double lease) {
    answers_.push_back(inspector_.trace(holder_, lease));
    bytes_ += answers_.back().size();
  }
  // Fails between two graphs of a process too.
  bool try_ask(double lease) {
    try {
      ask(lease);
      return true;
    } catch (const Error&) {
      return false;
    }
  }

  const Inspector& inspector_;
  const std::string holder_ = "process " + std::to_string(getpid());
  std::vector<std::string> answers_;
  std::size_t bytes_ = 0;
};

std::string summary(const std::vector<TraceReport>& pieces, const std::string& path) {
  std::size_t bodies = 0;
  std::uint64_t dropped = 0;
  std::set<std::string> nodes;
  for (const TraceReport& piece : pieces) {
    bodies += piece.trace.bodies.size();
    dropped += piece.trace.dropped;
    for (const TracedNode& node : piece.trace.nodes) nodes.insert(node.name);
  }
  std::string text = fmt::format(
      "{}: {} bodies of {} nodes; open it in https://ui.perfetto.dev or chrome://tracing", path,
      bodies, nodes.size());
  if (dropped > 0) text += fmt::format("\n{} more came too fast and were dropped", dropped);
  return text;
}

int run(const std::vector<std::string>& given) {
  const Arguments arguments = read_arguments(given, {{"seconds"}, {"output"}}, 0, 1);
  const double seconds = seconds_of(arguments);
  const std::string path = arguments.text("output").value_or("trace.json");
  const Inspector inspector = choose(find_processes(), arguments.place(0));
  std::ofstream file(path);
  if (!file) throw Error(fmt::format("cannot write {}; give another name to -o", path));
  const InterruptWatch watch("\nWriting what there is; again to stop at once.\n");
  Recording recording(inspector);
  recording.run(seconds);
  const std::vector<TraceReport> pieces = recording.pieces();
  write_chrome_trace(pieces, file);
  if (!file.flush()) throw Error(fmt::format("cannot write all of {}; is the disk full?", path));
  std::cout << summary(pieces, path) << '\n';
  return 0;
}

}  // namespace

Command trace_command() {
  return {"trace", "[NAME|PID] [--seconds N] [-o FILE]",
          "write the timeline of a running graph, a lane per node and worker, for Perfetto and "
          "Chrome (10 seconds, trace.json)",
          run};
}

}  // namespace forebay
