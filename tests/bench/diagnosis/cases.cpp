#include "cases.hpp"

#include <algorithm>
#include <cmath>

namespace forebay::bench {
namespace {

constexpr double kBinds = 0.1;  // what is gained without a limit that binds, at least

std::optional<Bound> truth_by_trial(const Case& one, const World& world) {
  const Stage& work = one.plant.stages[1];
  const Stage& end = one.plant.stages[2];
  const bool bytes = one.plant.truth.limit == Limit::kMemory;
  const std::size_t room = bytes ? end.queue_bytes : end.queue;
  const auto gain = [&](const SettingChange& change) {
    return world.speed(one.plant, {change}) / one.seen.samples_per_second - 1;
  };
  const double queue = gain({end.name, bytes ? "queue_bytes" : "queue", room, 32 * room});
  const double more = gain({work.name, "concurrency", work.concurrency, 2 * work.concurrency});
  if (std::max(queue, more) < kBinds || std::abs(queue - more) < kBinds) return std::nullopt;
  return queue > more ? one.plant.truth : Bound{Limit::kConcurrency, work.name};
}

bool can_be_made_faster(Limit limit, const World& world) {
  switch (limit) {
    case Limit::kUnknown:
    case Limit::kConcurrency:
    case Limit::kQueue:
    case Limit::kMemory:
      return false;
    case Limit::kCores:
      return !world.live;
    default:
      return true;
  }
}

}  // namespace

double Gain::error() const { return std::abs(predicted / real - 1); }

bool Case::right() const {
  if (!truth) return true;
  if (truth->limit != verdict.bound.limit) return false;
  return truth->node.empty() || truth->node == verdict.bound.node;
}

bool Case::false_alarm() const { return plant.balanced && !verdict.changes.empty(); }

void look(Case& one, const World& world) {
  one.seen = world.look(one.plant, one.seed);
  if (one.plant.balanced) return;
  one.truth = one.plant.by_trial ? truth_by_trial(one, world) : std::optional(one.plant.truth);
}

void try_verdict(Case& one, const World& world) {
  const Verdict& verdict = one.verdict;
  const auto gain = [&](double predicted, const Plant& plant, const Changes& changes = {}) {
    return Gain{predicted / verdict.samples_per_second,
                world.speed(plant, changes) / one.seen.samples_per_second};
  };
  if (!verdict.changes.empty()) {
    one.changed = gain(verdict.predicted, one.plant, verdict.changes);
  } else if (can_be_made_faster(verdict.bound.limit, world)) {
    one.faster =
        gain(verdict.next_samples_per_second, one.plant.faster(verdict.bound, kTimesFaster));
  }
  if (verdict.larger_batch) {
    one.larger_batch = gain((1 + *verdict.larger_batch) * verdict.samples_per_second,
                            one.plant.with_larger_batch());
  }
  if (verdict.straggler && !one.plant.straggler.empty()) {
    one.equal_devices = gain(verdict.straggler->samples_per_second, one.plant.with_equal_devices());
  }
  if (!verdict.spare.empty()) {
    Changes changes = verdict.changes;
    changes.insert(changes.end(), verdict.spare.begin(), verdict.spare.end());
    one.given_back = gain(verdict.predicted, one.plant, changes);
  }
}

}  // namespace forebay::bench
