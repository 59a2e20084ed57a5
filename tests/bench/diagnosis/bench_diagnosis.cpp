// Is the diagnosis right? Random graphs whose limit was planted run for real; the verdict must name
// it, and making the change that it proposes must gain what it predicts. Prints a table with the
// bars; exits with 1 when one is missed.

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <forebay/graph/diagnose/diagnose.hpp>

#include "live.hpp"
#include "plant.hpp"

namespace forebay::bench {
namespace {

struct Options {
  std::uint64_t graphs = 300, seed = 1;
  int cores = static_cast<int>(std::max(2u, std::thread::hardware_concurrency()));
  std::size_t at_once = 8;  // graphs that sleep, side by side
  std::string plan;         // only plants of that plan
  bool verbose = false;
};

/// One graph, from planting to trying what the verdict proposes.
struct Case {
  std::uint64_t seed = 0;
  Plant plant;
  Live before;
  Verdict verdict;
  std::optional<Live> after;        // with the verdict's changes
  std::optional<Live> queue, more;  // by trial: a long queue; more workers
  std::optional<Live> faster;       // what cannot be set, `kTimesFaster` times as fast
};

// Those that compute one after another, the others side by side.
void for_all(std::vector<Case>& cases, const Options& options,
             const std::function<void(Case&)>& work) {
  std::atomic<std::size_t> next{0};
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < options.at_once; ++i) {
    threads.emplace_back([&] {
      for (std::size_t j = next++; j < cases.size(); j = next++) {
        if (!cases[j].plant.computes) work(cases[j]);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (Case& one : cases) {
    if (one.plant.computes) work(one);
  }
}

// Other programs that take a core change what a graph that computes does; so try again.
Live run_alone(const Plant& plant, const Options& options,
               const std::vector<SettingChange>& changes = {}) {
  constexpr double kFew = 0.05;
  constexpr int kTries = 3;
  Live live = run_live(plant, options.cores, changes);
  for (int i = 1; i < kTries && plant.computes && live.others > kFew; ++i) {
    Live again = run_live(plant, options.cores, changes);
    if (again.others < live.others) live = std::move(again);
  }
  return live;
}

void run_before(Case& one, const Options& options) {
  one.before = run_alone(one.plant, options);
  if (!one.plant.by_trial) return;
  const Stage& work = one.plant.stages[1];
  const Stage& end = one.plant.stages[2];
  one.queue = run_alone(one.plant, options, {{end.name, "queue", end.queue, 32 * end.queue}});
  one.more = run_alone(one.plant, options,
                       {{work.name, "concurrency", work.concurrency, 2 * work.concurrency}});
}

void diagnose_it(Case& one, const Options& options) {
  Machine machine = one.plant.machine();
  machine.cores = options.cores;
  machine.threads = static_cast<std::size_t>(options.cores);
  one.verdict = diagnose(one.before.difference, machine);
}

void run_after(Case& one, const Options& options) {
  if (!one.verdict.changes.empty()) {
    one.after = run_alone(one.plant, options, one.verdict.changes);
  } else if (one.verdict.bound.limit == Limit::kReading) {
    Plant faster = one.plant;
    faster.stages[0].times.scale(1 / kTimesFaster);
    one.faster = run_alone(faster, options);
  } else if (one.verdict.bound.limit == Limit::kDevice ||
             one.verdict.bound.limit == Limit::kLockStep) {
    Plant faster = one.plant;
    for (Times& times : faster.devices.times) times.scale(1 / kTimesFaster);
    one.faster = run_alone(faster, options);
  }
}

double gain(const Live& after, const Live& before) {
  return after.samples_per_second / before.samples_per_second;
}

/// What binds, where something does by a tenth or more.
std::optional<Bound> truth(const Case& one) {
  if (one.plant.balanced) return std::nullopt;
  if (!one.plant.by_trial) return one.plant.truth;
  const double queue = gain(*one.queue, one.before), more = gain(*one.more, one.before);
  if (std::max(queue, more) < 1.1 || std::abs(queue - more) < 0.1) return std::nullopt;
  if (queue > more) return Bound{Limit::kQueue, one.plant.stages[2].name};
  return Bound{Limit::kConcurrency, one.plant.stages[1].name};
}

bool right(const Bound& found, const Bound& truth) {
  if (truth.limit == Limit::kDevice) {
    return found.limit == Limit::kDevice || found.limit == Limit::kLockStep;
  }
  return found == truth;
}

struct Tally {
  int graphs = 0, planted = 0, right = 0, balanced = 0, alarms = 0, disturbed = 0;
  std::vector<double> errors, errors_faster, gains;
};

double error_of(double predicted, double real) { return std::abs(predicted / real - 1); }

void add(const Case& one, const Options& options, Tally& tally) {
  ++tally.graphs;
  const Verdict& verdict = one.verdict;
  const std::optional<Bound> wanted = truth(one);
  const bool is_right = wanted && right(verdict.bound, *wanted);
  if (wanted) {
    ++tally.planted;
    tally.right += is_right;
  }
  double error = 0;
  if (one.after) {
    const double real = gain(*one.after, one.before);
    error = error_of(verdict.predicted / verdict.samples_per_second, real);
    tally.errors.push_back(error);
    tally.gains.push_back(real);
  }
  if (one.faster) {
    const double predicted = verdict.next_samples_per_second / verdict.samples_per_second;
    tally.errors_faster.push_back(error_of(predicted, gain(*one.faster, one.before)));
    error = tally.errors_faster.back();
  }
  bool alarm = false;
  if (one.plant.balanced) {
    ++tally.balanced;
    alarm = one.after.has_value();
    tally.alarms += alarm;
  }
  if (one.before.others > 0.05) ++tally.disturbed;
  if (!options.verbose && (!wanted || is_right) && !alarm && error < 0.1) return;
  std::printf("seed %llu, %s: %.1f samples/s", static_cast<unsigned long long>(one.seed),
              one.plant.plan.c_str(), one.before.samples_per_second);
  if (wanted) std::printf(", planted %d %s", static_cast<int>(wanted->limit), wanted->node.c_str());
  if (one.after) {
    std::printf(", gain %.3f", gain(*one.after, one.before));
  } else if (one.faster) {
    std::printf(", were it faster %.3f", gain(*one.faster, one.before));
  }
  std::printf("%s%s%s; other programs %.2f cores\n%s", wanted && !is_right ? " WRONG NODE" : "",
              alarm ? " FALSE ALARM" : "", error >= 0.1 ? " GAIN OFF" : "", one.before.others,
              describe(verdict, "samples").c_str());
  if (options.verbose) std::cout << one.before.difference;
  if (options.verbose || error >= 0.1 || alarm || (wanted && !is_right)) {
    std::printf("measured %.1f, predicted gain %.3f, next %.3f\n", verdict.samples_per_second,
                verdict.predicted / verdict.samples_per_second,
                verdict.next_samples_per_second / verdict.samples_per_second);
  }
}

double quantile(std::vector<double> values, double q) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[std::min(values.size() - 1,
                         static_cast<std::size_t>(q * static_cast<double>(values.size())))];
}

double share_within(const std::vector<double>& values, double bar) {
  if (values.empty()) return 1;
  const auto good = std::count_if(values.begin(), values.end(), [&](double x) { return x <= bar; });
  return static_cast<double>(good) / static_cast<double>(values.size());
}

bool all_good = true;
void row(const char* what, const std::string& measured, const char* bar, bool good) {
  std::printf("%-64s %10s  %-9s %s\n", what, measured.c_str(), bar, good ? "ok" : "MISSED");
  all_good = all_good && good;
}
std::string percent(double share) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f %%", 100 * share);
  return text;
}

void errors(const char* what, const std::vector<double>& values, bool bars) {
  std::printf("%s: %zu\n", what, values.size());
  const double median = quantile(values, 0.5), within = share_within(values, 0.1);
  row("  error of the predicted gain, median", percent(median), bars ? "<= 3 %" : "",
      !bars || median <= 0.03);
  row("  the same, p90", percent(quantile(values, 0.9)), "", true);
  row("  share within 10 %", percent(within), "", true);
}

int report(const std::vector<Case>& cases, const Options& options) {
  Tally tally;
  std::map<std::string, int> plans;
  for (const Case& one : cases) {
    add(one, options, tally);
    ++plans[one.plant.plan];
  }
  std::printf("\n%d graphs on %d cores:", tally.graphs, options.cores);
  for (const auto& [plan, count] : plans) std::printf(" %d %s,", count, plan.c_str());
  std::printf(" while other programs took 5 %% of a core or more: %d\n", tally.disturbed);
  const double share = tally.planted > 0 ? static_cast<double>(tally.right) / tally.planted : 1;
  std::printf("graphs in which something binds by a tenth or more: %d\n", tally.planted);
  row("  right node", percent(share), ">= 99 %", share >= 0.99);
  errors("changes that were made", tally.errors, true);
  std::printf("  their real gains: median %.2f, from %.2f to %.2f times\n",
              quantile(tally.gains, 0.5), quantile(tally.gains, 0), quantile(tally.gains, 1));
  errors("limits that cannot be set, made faster", tally.errors_faster, false);
  std::printf("balanced graphs: %d\n", tally.balanced);
  row("  false alarms", std::to_string(tally.alarms), "0", tally.alarms == 0);
  return all_good ? 0 : 1;
}

int run(const Options& options) {
  std::vector<Case> cases;
  for (std::uint64_t i = 0; i < options.graphs; ++i) {
    Case& one = cases.emplace_back();
    one.seed = options.seed + i;
    one.plant = plant(one.seed, options.cores);
    if (!options.plan.empty() && one.plant.plan != options.plan) cases.pop_back();
  }
  for_all(cases, options, [&](Case& one) { run_before(one, options); });
  for (Case& one : cases) diagnose_it(one, options);
  for_all(cases, options, [&](Case& one) { run_after(one, options); });
  return report(cases, options);
}

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view flag = argv[i];
    const bool value = i + 1 < argc;
    if (flag == "--verbose") {
      options.verbose = true;
    } else if (flag == "--graphs" && value) {
      options.graphs = std::strtoull(argv[++i], nullptr, 10);
    } else if (flag == "--plan" && value) {
      options.plan = argv[++i];
    } else if (flag == "--seed" && value) {
      options.seed = std::strtoull(argv[++i], nullptr, 10);
    } else {
      std::fprintf(stderr, "usage: bench_diagnosis [--graphs N] [--seed S] [--plan NAME] [--verbose]\n");
      std::exit(2);
    }
  }
  return options;
}

}  // namespace
}  // namespace forebay::bench

int main(int argc, char** argv) { return forebay::bench::run(forebay::bench::parse(argc, argv)); }
