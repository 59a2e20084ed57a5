// forebay top [NAME|PID]: a running graph on one screen.

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <iostream>
#include <thread>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <common/terminal.hpp>
#include <forebay/arguments.hpp>
#include <forebay/commands.hpp>
#include <forebay/graph/inspect/client.hpp>
#include <forebay/graph/inspect/verdict_watch.hpp>
#include <forebay/top/history.hpp>
#include <forebay/top/json.hpp>
#include <forebay/top/keys.hpp>
#include <forebay/top/layout.hpp>
#include <forebay/top/screen.hpp>

namespace forebay {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kPeriod{1000};       // between two reports
constexpr milliseconds kAfterChange{3000};  // until there is something to diagnose

bool exists(std::int64_t pid) { return kill(static_cast<pid_t>(pid), 0) == 0 || errno == EPERM; }

// Asks again and again, and keeps what is shown.
class Watch {
 public:
  explicit Watch(Inspector inspector) : inspector_(std::move(inspector)) {
    history_.add(inspector_.report());
  }

  /// One more report. That there is none any more becomes a part of the scene.
  void ask() {
    try {
      history_.add(inspector_.report());
      state_ = history_.running() ? "" : "the run has ended";
    } catch (const Error& error) {
      state_ =
          exists(history_.later().process.pid) ? "it does not answer" : "the process has ended";
    }
  }

  void diagnose_when_due() {
    if (Clock::now() < next_diagnosis_) return;
    const auto reports = history_.to_diagnose();
    if (!reports) return;
    const double begin = detail::thread_cpu_seconds();
    try {
      history_.keep(reports->second.run.name, diagnose(reports->first, reports->second));
    } catch (const Error&) {  // not a whole graph: nothing to say about it
    }
    const std::chrono::duration<double> rest(
        detail::verdict_rest(detail::thread_cpu_seconds() - begin, history_.later()));
    next_diagnosis_ = Clock::now() + std::max(kPeriod, std::chrono::ceil<milliseconds>(rest));
  }

  std::string change_concurrency(const std::string& name, int more) {
    const std::size_t now = history_.later().graph.node(name).concurrency;
    if (more < 0 && now <= 1) return name + " has one worker; it needs that";
    const std::string path = name + ".concurrency";
    const std::string wanted = std::to_string(more < 0 ? now - 1 : now + 1);
    try {
      inspector_.set(path, wanted);
    } catch (const Error& error) {
      return error.what();
    }
    ask();
    next_diagnosis_ = Clock::now() + kAfterChange;
    return fmt::format("{} {} -> {}", path, now, wanted);
  }

  Scene scene() const { return {history_.earlier(), history_.later(), history_.verdict(), state_}; }

 private:
  Inspector inspector_;
  History history_;
  std::string state_;
  Clock::time_point next_diagnosis_ = Clock::now();
};

void show_on_screen(Watch& watch, View view) {
  Screen screen;
  view.keys = true;
  auto next = Clock::now() + kPeriod;
  for (;;) {
    const Scene scene = watch.scene();
    view.width = screen.width();
    view.height = screen.height();
    screen.paint(layout(scene, view));
    const auto rest = std::chrono::ceil<milliseconds>(next - Clock::now());
    const Key key = screen.wait(std::max(rest, milliseconds(0)));
    const auto nodes = sorted(measure(scene.earlier, scene.later).nodes, view.sort);
    const Asked asked = press(key, view, nodes);
    if (asked.quit) return;
    if (asked.more != 0) view.message = watch.change_concurrency(asked.node, asked.more);
    if (Clock::now() < next) continue;
    next = Clock::now() + kPeriod;
    if (view.paused) continue;
    watch.ask();
    watch.diagnose_when_due();
  }
}

Scene scene_of_one_period(Watch& watch) {
  std::this_thread::sleep_for(kPeriod);
  watch.ask();
  watch.diagnose_when_due();
  return watch.scene();
}

void print(const Scene& scene, View view) {
  const bool utf8 = use_environments_characters();
  view.width = std::max(terminal_width(), view.width);
  view.height = 0;
  for (const Line& line : layout(scene, view)) {
    std::cout << (utf8 ? plain(line) : as_ascii(plain(line))) << '\n';
  }
}

View view_from(const Arguments& arguments) {
  View view;
  view.sort = arguments.text("sort").value_or(view.sort);
  const std::vector<std::string>& keys = sort_keys();
  if (std::ranges::find(keys, view.sort) == keys.end()) {
    throw WrongUse(fmt::format("--sort is '{}'; give one of {}", view.sort, fmt::join(keys, ", ")));
  }
  return view;
}

int run(const std::vector<std::string>& given) {
  const Arguments arguments =
      read_arguments(given, {{"once", false}, {"json", false}, {"sort", true}}, 0, 1);
  const View view = view_from(arguments);
  Watch watch(choose(find_processes(), arguments.place(0)));
  const bool terminal = isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1;
  if (arguments.has("json")) {
    std::cout << to_json(scene_of_one_period(watch)) << '\n';
  } else if (arguments.has("once") || !terminal) {
    print(scene_of_one_period(watch), view);
  } else {
    show_on_screen(watch, view);
  }
  return 0;
}

}  // namespace

Command top_command() {
  return {"top", "[NAME|PID] [--once] [--json] [--sort KEY]",
          "watch a running graph: queues, nodes, devices, host, and what limits it", run,
          "  --once      print one second of it and end; so too where stdout is no terminal\n"
          "  --json      the same as one JSON object\n"
          "  --sort KEY  the order of nodes: graph, name, queue, rate, busy, starved, blocked,\n"
          "              limited, time or errors\n"
          "Keys: arrows select a node, + and - give it a worker more or less, s sorts, space\n"
          "pauses, h helps, q quits.\n"};
}

}  // namespace forebay
