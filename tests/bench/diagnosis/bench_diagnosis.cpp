// Is the diagnosis right? Random graphs whose limit was planted run, without clocks or (--live) on
// the graph core; the verdict must name the limit, and making the change that it proposes must gain
// what it predicts. Prints a table with the bars; exits with 1 when one is missed.

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <forebay/graph/inspect/host.hpp>
#include <support/recorded_graph.hpp>

#include "cases.hpp"
#include "report.hpp"

namespace forebay::bench {
namespace {

struct Options {
  std::uint64_t graphs = 300, seed = 1;
  bool live = false;
  std::string plan;    // only plants of that plan
  std::string record;  // a folder
  bool verbose = false;
};

std::size_t cores() { return static_cast<std::size_t>(std::max(2, usable_threads())); }

Ground ground(const Options& options) {
  if (!options.live) return {};
  return {.fewest_cores = cores(), .most_cores = cores(), .most_devices = 4, .values = 256};
}

World world(const Options& options) {
  if (!options.live) return {look_at_model, speed_of_model};
  return {[](const Plant& plant, std::uint64_t) { return run_live(plant); },
          [](const Plant& plant, const Changes& changes) {
            return run_live(plant, changes).samples_per_second;
          },
          true};
}

// Graphs that sleep are run side by side; those that compute by the clock one after another.
void for_all(std::vector<Case>& cases, const World& world, const std::function<void(Case&)>& work) {
  constexpr std::size_t kAsleep = 8;
  const auto alone = [&](const Case& one) { return world.live && one.plant.computes; };
  std::atomic<std::size_t> next{0};
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < (world.live ? kAsleep : cores()); ++i) {
    threads.emplace_back([&] {
      for (std::size_t j = next++; j < cases.size(); j = next++) {
        if (!alone(cases[j])) work(cases[j]);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (Case& one : cases) {
    if (alone(one)) work(one);
  }
}

int run(const Options& options) {
  std::vector<Case> cases;
  for (std::uint64_t i = 0; i < options.graphs; ++i) {
    Case one{.seed = options.seed + i, .plant = plant(options.seed + i, ground(options))};
    if (options.plan.empty() || one.plant.plan == options.plan) cases.push_back(std::move(one));
  }
  const World where = world(options);
  for_all(cases, where, [&](Case& one) { look(one, where); });
  for_all(cases, {},
          [](Case& one) { one.verdict = diagnose(one.seen.difference, one.plant.machine()); });
  for_all(cases, where, [&](Case& one) { try_verdict(one, where); });
  for (const Case& one : cases) {
    if (options.verbose || !as_it_should_be(one)) print(one, options.verbose);
  }
  std::printf("\n%zu graphs %s\n", cases.size(), where.live ? "by the clock" : "without clocks");
  return report(cases) ? 0 : 1;
}

// One graph of each plan, for the tests: what it showed by the clock, and what was planted.
int record(const Options& options) {
  constexpr std::uint64_t kSeeds = 200;
  const World where = world(options);
  std::set<std::string> plans;
  for (std::uint64_t seed = options.seed; seed < options.seed + kSeeds; ++seed) {
    Case one{.seed = seed, .plant = plant(seed, ground(options))};
    if (one.plant.balanced || plans.contains(one.plant.plan)) continue;
    look(one, where);
    if (!one.truth) continue;
    std::string name = one.plant.plan + ".json";
    std::replace(name.begin(), name.end(), ' ', '-');
    test::write({*one.truth, one.plant.machine(), one.seen.earlier, one.seen.later},
                std::filesystem::path(options.record) / name);
    plans.insert(one.plant.plan);
    std::printf("%s of seed %llu\n", name.c_str(), static_cast<unsigned long long>(seed));
  }
  return 0;
}

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view flag = argv[i];
    const bool value = i + 1 < argc;
    if (flag == "--verbose") {
      options.verbose = true;
    } else if ((flag == "--graphs" || flag == "--live") && value) {
      options.live = flag == "--live";
      options.graphs = std::strtoull(argv[++i], nullptr, 10);
    } else if (flag == "--record" && value) {
      options.live = true;
      options.record = argv[++i];
    } else if (flag == "--plan" && value) {
      options.plan = argv[++i];
    } else if (flag == "--seed" && value) {
      options.seed = std::strtoull(argv[++i], nullptr, 10);
    } else {
      std::fprintf(stderr,
                   "usage: bench_diagnosis [--graphs N | --live N | --record FOLDER] [--seed S] "
                   "[--plan NAME] [--verbose]\n");
      std::exit(2);
    }
  }
  return options;
}

}  // namespace
}  // namespace forebay::bench

int main(int argc, char** argv) {
  const auto options = forebay::bench::parse(argc, argv);
  return options.record.empty() ? forebay::bench::run(options) : forebay::bench::record(options);
}
