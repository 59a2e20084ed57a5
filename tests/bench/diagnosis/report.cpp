#include "report.hpp"

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <map>
#include <string>

namespace forebay::bench {
namespace {

constexpr double kNear = 0.1;        // by which a predicted gain may be off
constexpr double kNoHelp = 0.02;     // gains of a larger batch below this are none
constexpr double kDisturbed = 0.05;  // cores that other programs took

using Gains = std::vector<Gain>;

double quantile(const Gains& gains, double q) {
  if (gains.empty()) return 0;
  std::vector<double> errors;
  for (const Gain& gain : gains) errors.push_back(gain.error());
  std::sort(errors.begin(), errors.end());
  const auto at = static_cast<std::size_t>(q * static_cast<double>(errors.size()));
  return errors[std::min(errors.size() - 1, at)];
}

double share(std::size_t part, std::size_t all) {
  return all > 0 ? static_cast<double>(part) / static_cast<double>(all) : 1;
}

// How far the runs are from the speed that the planted limit lets through.
Gains planted_speeds(const std::vector<Case>& cases) {
  Gains gains;
  for (const Case& one : cases) {
    if (!one.plant.by_trial) gains.push_back({one.plant.rate, one.seen.samples_per_second});
  }
  return gains;
}

std::string percent(double share) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f %%", 100 * share);
  return text;
}

/// The table; one row per bar.
class Table {
 public:
  void row(const std::string& what, const std::string& measured, const char* bar, bool good) {
    std::printf("%-52s %10s  %-9s %s\n", what.c_str(), measured.c_str(), bar,
                *bar == 0 ? ""
                : good    ? "ok"
                          : "MISSED");
    good_ = good_ && good;
  }

  void gains(const std::string& what, const Gains& gains) {
    if (gains.empty()) return;
    std::printf("%s: %zu\n", what.c_str(), gains.size());
    const double median = quantile(gains, 0.5);
    row("  difference of the speed, median", percent(median), "<= 3 %", median <= 0.03);
    row("  the same, p90", percent(quantile(gains, 0.9)), "", true);
    const auto near = std::count_if(gains.begin(), gains.end(),
                                    [](const Gain& gain) { return gain.error() <= kNear; });
    const double within = share(static_cast<std::size_t>(near), gains.size());
    row("  share within 10 %", percent(within), ">= 99 %", within >= 0.99);
  }

  bool good() const { return good_; }

 private:
  bool good_ = true;
};

Gains collect(const std::vector<Case>& cases, std::optional<Gain> Case::*what) {
  Gains gains;
  for (const Case& one : cases) {
    if (one.*what) gains.push_back(*(one.*what));
  }
  return gains;
}

bool straggler_is_right(const Case& one) {
  const std::string found = one.verdict.straggler ? one.verdict.straggler->node : "";
  return found == one.plant.straggler;
}

// "A larger batch will not help" is wrong only where one clearly does.
bool batch_is_right(const Case& one) {
  return !one.larger_batch || one.larger_batch->predicted >= 1 + kNoHelp ||
         one.larger_batch->real < 1 + 2 * kNoHelp;
}

void print_gain(const char* what, const std::optional<Gain>& gain) {
  if (!gain) return;
  std::printf("  %s: predicted %.3f, got %.3f%s\n", what, gain->predicted, gain->real,
              gain->error() > kNear ? " OFF" : "");
}

void print_plans(const std::vector<Case>& cases) {
  std::map<std::string, std::pair<int, int>> plans;
  for (const Case& one : cases) {
    ++plans[one.plant.plan].first;
    plans[one.plant.plan].second += one.right() && !one.false_alarm();
  }
  for (const auto& [plan, count] : plans) {
    std::printf("%s %d/%d; ", plan.c_str(), count.second, count.first);
  }
  std::printf("\n");
}

void report_limits(const std::vector<Case>& cases, Table& table) {
  std::size_t planted = 0, right = 0, balanced = 0, alarms = 0, disturbed = 0;
  for (const Case& one : cases) {
    planted += one.truth.has_value();
    right += one.truth && one.right();
    balanced += one.plant.balanced;
    alarms += one.false_alarm();
    disturbed += one.seen.others > kDisturbed;
  }
  if (disturbed > 0) {
    std::printf("while other programs took 5 %% of a core or more: %zu\n", disturbed);
  }
  std::printf("graphs in which something binds by a tenth or more: %zu\n", planted);
  table.row("  right limit and node", percent(share(right, planted)), ">= 99 %",
            share(right, planted) >= 0.99);
  std::printf("balanced graphs: %zu\n", balanced);
  table.row("  false alarms", std::to_string(alarms), "0", alarms == 0);
}

void report_devices(const std::vector<Case>& cases, Table& table) {
  std::size_t with = 0, right = 0, batches = 0, batches_right = 0;
  for (const Case& one : cases) {
    if (one.plant.devices.times.empty()) continue;
    ++with;
    right += straggler_is_right(one);
    batches += one.larger_batch.has_value();
    batches_right += one.larger_batch && batch_is_right(one);
  }
  if (with == 0) return;
  std::printf("graphs with devices: %zu\n", with);
  table.row("  the straggler, or that there is none", percent(share(right, with)), ">= 99 %",
            share(right, with) >= 0.99);
  table.row("  whether a larger batch helps", percent(share(batches_right, batches)), ">= 99 %",
            share(batches_right, batches) >= 0.99);
}

}  // namespace

bool as_it_should_be(const Case& one) {
  for (const auto& gain :
       {one.changed, one.faster, one.larger_batch, one.equal_devices, one.given_back}) {
    if (gain && gain->error() > kNear) return false;
  }
  return one.right() && !one.false_alarm() && straggler_is_right(one) && batch_is_right(one);
}

void print(const Case& one, bool with_table) {
  std::printf("seed %llu, %s: %.1f samples/s (planted %.1f)%s%s%s\n",
              static_cast<unsigned long long>(one.seed), one.plant.plan.c_str(),
              one.seen.samples_per_second, one.plant.rate, one.right() ? "" : " WRONG NODE",
              one.false_alarm() ? " FALSE ALARM" : "",
              straggler_is_right(one) ? "" : " WRONG STRAGGLER");
  if (one.truth) {
    std::printf("  planted: limit %d %s; found: limit %d %s\n", static_cast<int>(one.truth->limit),
                one.truth->node.c_str(), static_cast<int>(one.verdict.bound.limit),
                one.verdict.bound.node.c_str());
  }
  print_gain("changed", one.changed);
  print_gain("faster", one.faster);
  print_gain("larger batch", one.larger_batch);
  print_gain("equal devices", one.equal_devices);
  print_gain("workers given back", one.given_back);
  std::printf("%s", describe(one.verdict, "samples").c_str());
  if (with_table) std::cout << one.seen.difference << std::flush;
}

bool report(const std::vector<Case>& cases) {
  Table table;
  print_plans(cases);
  report_limits(cases, table);
  table.gains("runs beside what the planted limit lets through", planted_speeds(cases));
  table.gains("changes that were made", collect(cases, &Case::changed));
  table.gains("limits that cannot be set, made faster", collect(cases, &Case::faster));
  report_devices(cases, table);
  table.gains("batches made twice as large", collect(cases, &Case::larger_batch));
  table.gains("stragglers made as fast as the others", collect(cases, &Case::equal_devices));
  table.gains("spare workers taken away", collect(cases, &Case::given_back));
  return table.good();
}

}  // namespace forebay::bench
