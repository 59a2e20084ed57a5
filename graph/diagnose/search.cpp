#include <forebay/graph/diagnose/search.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace forebay::detail {
namespace {

constexpr double kAsGood = 0.985;     // of the most that can be had
constexpr double kMostOfAGain = 0.8;  // where that is more
constexpr double kSampled = 0.04;     // CPU time is measured on samples
constexpr double kNudge = 1.1;        // times as fast: a little
constexpr double kFarMore = 2;        // times the gain of one change, for which to make several

double share_of(std::int64_t part, std::int64_t all) {
  return all > 0 ? static_cast<double>(part) / static_cast<double>(all) : 0;
}

bool is_queue(Limit limit) { return limit == Limit::kQueue || limit == Limit::kMemory; }

// The queues that node `i` feeds limit its workers too.
void make_room(Model& model, std::size_t i) {
  for (ModelNode& node : model.nodes) {
    for (ModelQueue& queue : node.inputs) {
      if (queue.from == i) {
        queue.capacity = std::max(queue.capacity, 2 * model.nodes[i].concurrency);
      }
    }
  }
}

// Share of a limit that is in use, 0 to 1; of several nodes the fullest.
double utilisation(const GraphSnapshot& graph, const Model& model, const Relief& relief) {
  double cpu = 0, most = 0;
  for (const NodeSnapshot& node : graph.nodes) cpu += share_of(node.cpu, node.metered);
  if (relief.bound.limit == Limit::kCores) return cpu / model.cores + kSampled;
  if (is_queue(relief.bound.limit)) return 0;
  for (const std::size_t i : relief.nodes) {
    const NodeSnapshot& node = graph.nodes[i];
    most =
        std::max(most, share_of(node.busy, node.metered) / static_cast<double>(node.concurrency));
  }
  return most;
}

std::size_t largest(const ModelNode& node, std::size_t ModelQueue::*what) {
  std::size_t most = 0;
  for (const ModelQueue& queue : node.inputs) most = std::max(most, queue.*what);
  return most;
}

}  // namespace

double rate(const Model& model) { return simulate(model, {.meters = false}).samples_per_second; }

Model with(Model model, const std::vector<SettingChange>& changes) {
  for (const SettingChange& change : changes) {
    ModelNode& node = model.node(change.node);
    if (change.setting == "concurrency") node.concurrency = change.to;
    for (ModelQueue& queue : node.inputs) {
      if (change.setting == "queue") queue.capacity = change.to;
      if (change.setting == "queue_bytes") queue.capacity_bytes = change.to;
    }
  }
  return model;
}

Search::Search(Model model, const Machine& machine)
    : model_(std::move(model)), machine_(machine), now_(simulate(model_)) {}

Tried Search::first_limit() const {
  std::vector<Tried> tried;
  Tried best;
  const auto try_all = [&](std::vector<Relief> reliefs) {
    for (Relief& relief : reliefs) {
      const double without = rate(relieved(model_, relief));
      tried.push_back({std::move(relief), without});
      if (without > best.rate * (1 + kSame / 10)) best = tried.back();
    }
  };
  try_all(possible_limits(model_, now_, machine_));
  const double queues = rate(with_long_queues(model_));  // none of them alone gains more
  if (gain(queues) > kSame && queues > best.rate * (1 - kSame)) try_all(possible_queues(model_));
  if (gain(best.rate) < kWorthIt) return fullest(tried);
  if (adjustable(best.relief.bound.limit)) return best;
  return likeliest(tried, best.rate * (1 - kSame));
}

// Where several limit as much as each other, none alone makes a difference.
Tried Search::fullest(const std::vector<Tried>& tried) const {
  const auto used = [&](const Tried& one) {
    return utilisation(now_.snapshot, model_, one.relief);
  };
  return *std::max_element(tried.begin(), tried.end(),
                           [&](const Tried& a, const Tried& b) { return used(a) < used(b); });
}

// Whatever ends at the next limit once this one is gone is as fast without it. Of those a setting
// comes first, then the one of which a little helps most.
Tried Search::likeliest(const std::vector<Tried>& tried, double enough) const {
  const Tried* likeliest = nullptr;
  double most = 0;
  for (const Tried& one : tried) {
    if (one.rate < enough) continue;
    if (adjustable(one.relief.bound.limit)) return one;
    const double nudged = rate(eased(model_, one.relief, kNudge));
    if (nudged <= most) continue;
    likeliest = &one;
    most = nudged;
  }
  return *likeliest;
}

std::vector<Relief> Search::to_change(const Tried& first) const {
  if (gain(first.rate) < kWorthIt) return together();
  if (!adjustable(first.relief.bound.limit)) return {};
  // Nodes that limit nearly as much as each other gain little one by one.
  std::vector<Relief> all = together();
  const bool far_more = gain(rate(with_room(all))) > kFarMore * gain(first.rate);
  return far_more ? all : std::vector<Relief>{first.relief};
}

// Nodes that limit as much as each other: raising one alone gains nothing. The busiest that gain
// together nearly all that can be gained.
std::vector<Relief> Search::together() const {
  std::vector<Relief> all;
  for (Relief& relief : possible_limits(model_, now_, machine_)) {
    if (relief.bound.limit == Limit::kConcurrency) all.push_back(std::move(relief));
  }
  const auto used = [&](const Relief& relief) {
    return occupied(now_.snapshot, now_.snapshot.nodes[relief.nodes[0]]);
  };
  std::sort(all.begin(), all.end(),
            [&](const Relief& a, const Relief& b) { return used(a) > used(b); });
  const double most = gain(rate(with_room(all)));
  if (most < kWorthIt) return {};
  std::vector<Relief> chosen;
  for (const Relief& relief : all) {
    chosen.push_back(relief);
    if (gain(rate(with_room(chosen))) >= 0.9 * most) break;
  }
  return chosen;
}

Model Search::with_room(const std::vector<Relief>& reliefs) const {
  Model model = model_;
  for (const Relief& relief : reliefs) {
    model = relieved(std::move(model), relief);
    if (relief.bound.limit == Limit::kConcurrency) make_room(model, relief.nodes[0]);
  }
  return model;
}

double Search::nearly(double most) const {
  return std::max(kAsGood * most, now() + kMostOfAGain * (most - now()));
}

std::vector<SettingChange> Search::sized(const std::vector<Relief>& reliefs) const {
  std::vector<SettingChange> result;
  if (reliefs.empty()) return result;
  Model best = with_room(reliefs);
  const double enough = nearly(rate(best));
  for (const Relief& relief : reliefs) result.push_back(smallest(best, relief, enough));
  add_room(reliefs, best, enough, result);
  return result;
}

// Lowers in `best` what `relief` has raised, as far as it stays fast enough.
SettingChange Search::smallest(Model& best, const Relief& relief, double enough) const {
  const std::size_t i = relief.nodes[0];
  ModelNode& node = best.nodes[i];
  const ModelNode& was = model_.nodes[i];
  if (relief.bound.limit == Limit::kConcurrency) {
    node.concurrency = smallest_concurrency(best, i, enough);
    return {node.name, "concurrency", was.concurrency, node.concurrency};
  }
  const bool bytes = relief.bound.limit == Limit::kMemory;
  const auto what = bytes ? &ModelQueue::capacity_bytes : &ModelQueue::capacity;
  smallest_queue(best, i, what, enough);
  return {node.name, bytes ? "queue_bytes" : "queue", largest(was, what), largest(node, what)};
}

std::size_t Search::smallest_concurrency(Model model, std::size_t i, double enough) const {
  const auto does = [&](std::size_t concurrency) {
    model.nodes[i].concurrency = concurrency;
    return rate(model) >= enough;
  };
  const std::size_t most = model.nodes[i].concurrency;
  std::size_t low = model_.nodes[i].concurrency, high = most;  // low is too few
  // As many as would be busy at that rate are needed at least.
  const double busy = model_.visits()[i] * model_.nodes[i].service.mean() * 1e-9 * enough;
  const auto guess = static_cast<std::size_t>(std::ceil(busy));
  if (guess > low && guess < high) (does(guess) ? high : low) = guess;
  for (std::size_t step = 1; low + step < high && high == most; step *= 2) {
    (does(low + step) ? high : low) = low + step;
  }
  while (low + 1 < high) {
    const std::size_t middle = low + (high - low) / 2;
    (does(middle) ? high : low) = middle;
  }
  return high;
}

// Doubles a setting of node `i`'s queues from what it was until it is enough.
void Search::smallest_queue(Model& model, std::size_t i, std::size_t ModelQueue::*what,
                            double enough) const {
  std::vector<ModelQueue>& queues = model.nodes[i].inputs;
  const std::size_t most = largest(model.nodes[i], what);
  for (std::size_t value = 2 * largest(model_.nodes[i], what);; value *= 2) {
    for (ModelQueue& queue : queues) queue.*what = std::min(value, most);
    if (value >= most || rate(model) >= enough) return;
  }
}

// Longer queues after nodes with more workers, where they need them.
void Search::add_room(const std::vector<Relief>& reliefs, const Model& best, double enough,
                      std::vector<SettingChange>& result) const {
  if (rate(with(model_, result)) >= nearly(enough)) return;
  for (const Relief& relief : reliefs) {
    for (std::size_t j = 0; j < best.nodes.size(); ++j) {
      const std::vector<ModelQueue>& queues = model_.nodes[j].inputs;
      const bool fed = std::any_of(queues.begin(), queues.end(), [&](const ModelQueue& queue) {
        return queue.from == relief.nodes[0];
      });
      const std::size_t was = largest(model_.nodes[j], &ModelQueue::capacity);
      const std::size_t room = 2 * best.nodes[relief.nodes[0]].concurrency;
      if (fed && was < room) result.push_back({model_.nodes[j].name, "queue", was, room});
    }
  }
}

// Concurrency that the other workers would not miss.
std::vector<SettingChange> spare(const Model& model) {
  const Simulation now = simulate(model);
  std::vector<SettingChange> result;
  for (std::size_t i = 0; i < model.nodes.size(); ++i) {
    const ModelNode& node = model.nodes[i];
    const NodeSnapshot& seen = now.snapshot.nodes[i];
    const double busy = static_cast<double>(seen.busy) / static_cast<double>(seen.metered);
    const auto enough = static_cast<std::size_t>(std::ceil(1.25 * busy)) + 1;
    if (!node.adjustable() || 2 * enough > node.concurrency) continue;
    result.push_back({node.name, "concurrency", node.concurrency, enough});
  }
  if (result.empty()) return result;
  const double left = rate(with(model, result));
  return left >= (1 - kSame) * now.samples_per_second ? result : std::vector<SettingChange>{};
}

}  // namespace forebay::detail
