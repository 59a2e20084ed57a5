// What the graph core costs, beside raw oneTBB and a plain loop in the same run. Variants are
// interleaved and compared by medians, so that other load on the machine hits all of them alike.
// Prints a table with the bars; exits with 1 when one is missed.

#include <oneapi/tbb/flow_graph.h>
#include <oneapi/tbb/task_arena.h>
#include <time.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <forebay/graph/graph.hpp>

#include "../../unit/graph/count_new.hpp"

namespace forebay {
namespace {

constexpr int kRepetitions = 9;
constexpr int kThreads = 2;

double now() { return static_cast<double>(detail::now_ns()) * 1e-9; }

/// CPU seconds of all threads so far. Unlike time by the clock, it hardly depends on what else
/// runs.
double cpu_now() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

/// Seconds of each variant, `kRepetitions` times in turn; one round before is not counted.
std::vector<std::vector<double>> interleave(const std::vector<std::function<double()>>& variants) {
  std::vector<std::vector<double>> seconds(variants.size());
  for (int round = 0; round <= kRepetitions; ++round) {
    for (std::size_t i = 0; i < variants.size(); ++i) {
      const double taken = variants[i]();
      if (round > 0) seconds[i].push_back(taken);
    }
  }
  return seconds;
}

/// The median over rounds of one variant's time by another's in the same round.
double ratio(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < a.size(); ++i) ratios.push_back(a[i] / b[i]);
  return median(ratios);
}

bool all_good = true;
void row(const char* what, const std::string& measured, const char* bar, bool good) {
  std::printf("%-58s %18s  %-10s %s\n", what, measured.c_str(), bar, good ? "ok" : "MISSED");
  all_good = all_good && good;
}
std::string text(const char* format, double value) {
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, format, value);
  return buffer;
}

// input_node -> limiter_node -> three serial function_nodes, the last of which gives the place
// back.
double raw_empty_stages(int items) {
  using namespace oneapi::tbb;
  double seconds = 0;
  task_arena arena(kThreads);
  arena.execute([&] {
    flow::graph graph;
    int next = 0;
    flow::input_node<int> input(graph, [&](flow_control& control) {
      if (next == items) control.stop();
      return next++;
    });
    flow::limiter_node<int> limiter(graph, 64);
    flow::function_node<int, int> first(graph, flow::serial, [](int i) { return i; });
    flow::function_node<int, int> second(graph, flow::serial, [](int i) { return i; });
    flow::function_node<int> third(graph, flow::serial, [](int) {});
    flow::make_edge(input, limiter);
    flow::make_edge(limiter, first);
    flow::make_edge(first, second);
    flow::make_edge(second, third);
    flow::make_edge(third, limiter.decrementer());
    const double begin = now();
    input.activate();
    graph.wait_for_all();
    seconds = now() - begin;
  });
  return seconds;
}

double empty_stages(int items, bool metering = true) {
  Graph graph("empty", {.threads = kThreads, .metering = metering});
  graph.source("input", NodeSettings{},
               [next = 0, items]() mutable -> std::optional<int> {
                 return next < items ? std::optional(next++) : std::nullopt;
               }) >>
      graph.transform("first", {.queue = 64}, [](int i) { return i; }) >>
      graph.transform("second", {.queue = 64}, [](int i) { return i; }) >>
      graph.sink("third", {.queue = 64}, [](int) {});
  const double begin = now();
  graph.run();
  return now() - begin;
}

volatile double ignored = 0;
void work(int turns) {
  double x = 1;
  for (int i = 0; i < turns; ++i) x = x * 1.0000001 + 1e-9;
  ignored = x;
}
int turns_of_100_us() {
  constexpr int kTurns = 1'000'000;
  double best = 1e9;
  for (int i = 0; i < 5; ++i) {
    const double begin = now();
    work(kTurns);
    best = std::min(best, now() - begin);
  }
  return static_cast<int>(kTurns * 100e-6 / best);
}

double plain_loop(int items, int turns) {
  std::atomic<int> next{0};
  const auto loop = [&] {
    while (next.fetch_add(1) < items) work(turns);
  };
  const double begin = now();
  std::vector<std::thread> threads;
  for (int i = 1; i < kThreads; ++i) threads.emplace_back(loop);
  loop();
  for (auto& thread : threads) thread.join();
  return now() - begin;
}

double working_graph(int items, int turns, bool metering) {
  Graph graph("work", {.threads = kThreads, .metering = metering});
  graph.source("input", NodeSettings{},
               [next = 0, items]() mutable -> std::optional<int> {
                 return next < items ? std::optional(next++) : std::nullopt;
               }) >>
      graph.transform("work", {.concurrency = kThreads},
                      [turns](int i) {
                        work(turns);
                        return i;
                      }) >>
      graph.sink("end", {.queue = 256}, [](int) {});  // bridges other programs' time slices
  const double begin = now();
  graph.run();
  return now() - begin;
}

// Stages of 10, 25 and 40 ms: each cycle takes 40 ms, so they are blocked 30, 15 and 0 ms of it.
void identities() {
  constexpr int kItems = 40, kFrom = 10;
  std::vector<GraphSnapshot> moments;
  Graph graph("stages");
  const auto stage = [](int ms) {
    return [ms](int i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(ms));
      return i;
    };
  };
  const NodeSettings settings{.queue = 2, .run_on = RunOn::kOwnThreads};
  graph.source("input", NodeSettings{},
               [next = 0]() mutable -> std::optional<int> {
                 return next < kItems ? std::optional(next++) : std::nullopt;
               }) >>
      graph.transform("10 ms", settings, stage(10)) >>
      graph.transform("25 ms", settings, stage(25)) >> graph.sink("40 ms", settings, [&](int i) {
        if (i == kFrom || i == kItems - 8) moments.push_back(graph.snapshot());
        std::this_thread::sleep_for(std::chrono::milliseconds(40));
      });
  graph.run();
  const GraphSnapshot span = moments[1] - moments[0];
  const double cycles = kItems - 8 - kFrom;
  const char* names[] = {"10 ms", "25 ms", "40 ms"};
  const double blocked[] = {30, 15, 0};
  for (int i = 0; i < 3; ++i) {
    const double measured = static_cast<double>(span.node(names[i]).blocked) * 1e-6 / cycles;
    const std::string what = std::string("blocked a cycle, stage of ") + names[i];
    row(what.c_str(), text("%.2f ms", measured),
        i == 0   ? "30 ms +-5%"
        : i == 1 ? "15 ms +-5%"
                 : "0 ms",
        std::abs(measured - blocked[i]) <= std::max(0.05 * blocked[i], 0.5));
  }
}

double allocations_per_item() {
  std::int64_t at[2] = {};
  Graph graph("empty", {.threads = kThreads});
  graph.source("input", NodeSettings{},
               [next = 0]() mutable -> std::optional<int> {
                 return next < 10'500 ? std::optional(next++) : std::nullopt;
               }) >>
      graph.transform("first", {.concurrency = 2}, [](int i) { return i; }) >>
      graph.filter("second", [](int i) { return i >= 0; }) >> graph.sink("third", [&](int i) {
        if (i == 1000) at[0] = test::allocations();
        if (i == 10'000) at[1] = test::allocations();
      });
  graph.run();
  return static_cast<double>(at[1] - at[0]) / 9000;
}

int run() {
  constexpr int kItems = 100'000;
  const auto empty =
      interleave({[] { return raw_empty_stages(kItems); }, [] { return empty_stages(kItems); }});
  std::printf("raw oneTBB %.2f M items/s, forebay %.2f M items/s (medians of %d)\n",
              kItems * 1e-6 / median(empty[0]), kItems * 1e-6 / median(empty[1]), kRepetitions);
  const double speed = ratio(empty[0], empty[1]);
  row("three empty stages, items/s by those of raw oneTBB", text("%.2f x", speed), ">= 0.6 x",
      speed >= 0.6);

  const int turns = turns_of_100_us();
  constexpr int kWorkItems = 4000;
  const std::function<double()> variants[] = {
      [&] { return plain_loop(kWorkItems, turns); },
      [&] { return working_graph(kWorkItems, turns, true); },
      [&] { return working_graph(kWorkItems, turns, false); }};
  const auto in_cpu_time = [](const std::function<double()>& variant) {
    return std::function<double()>([variant] {
      const double begin = cpu_now();
      variant();
      return cpu_now() - begin;
    });
  };
  const auto cost = [](const std::vector<double>& more, const std::vector<double>& less) {
    return 100 * (ratio(more, less) - 1);
  };
  const auto worked = interleave({variants[0], variants[1]});
  const double by_clock = cost(worked[1], worked[0]);
  row("100 us of work per item, over a plain loop, by the clock", text("%.2f %%", by_clock),
      "<= 2 %", by_clock <= 2);
  const auto cpu =
      interleave({in_cpu_time(variants[0]), in_cpu_time(variants[1]), in_cpu_time(variants[2])});
  const double over = cost(cpu[1], cpu[0]), meters = cost(cpu[1], cpu[2]);
  row("the same in CPU time", text("%.2f %%", over), "<= 2 %", over <= 2);
  row("the same, metering on over off, in CPU time", text("%.2f %%", meters), "<= 1 %",
      meters <= 1);
  identities();
  const double allocated = allocations_per_item();
  row("allocations per item in steady state", text("%.4f", allocated), "0", allocated < 0.001);
  return all_good ? 0 : 1;
}

}  // namespace
}  // namespace forebay

int main() { return forebay::run(); }
