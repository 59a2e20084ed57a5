#include <forebay/graph/diagnose/diagnose.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

#include <forebay/graph/diagnose/relief.hpp>
#include <forebay/graph/simulate/simulate.hpp>

namespace forebay {
namespace {

using detail::occupied;
using detail::possible_limits;
using detail::Relief;
using detail::relieved;

constexpr double kWorthIt = 0.05;        // a smaller gain is no reason to change anything
constexpr double kAsGood = 0.985;        // of the most that can be had
constexpr double kSame = 0.01;           // by which simulations may differ by chance
constexpr double kDeviceIsBusy = 0.85;   // else it waits for the others of its step
constexpr std::uint64_t kFewItems = 20;  // samples that say nothing

double rate(const Model& model) { return simulate(model).samples_per_second; }

/// One limit taken away, and what that gives.
struct Tried {
  Relief relief = {};
  double rate = 0;
};

/// Finds what limits a model and how much of it to change.
class Search {
 public:
  Search(Model model, const Machine& machine)
      : model_(std::move(model)), machine_(machine), now_(simulate(model_)) {}

  double now() const { return now_.samples_per_second; }
  double gain(double rate) const { return rate / now() - 1; }

  /// The limit without which the graph would be fastest.
  Tried first_limit() const {
    const bool queues = gain(rate(detail::with_long_queues(model_))) > kSame;
    Tried best;
    for (Relief& relief : possible_limits(model_, now_, machine_, queues)) {
      const double without = rate(relieved(model_, relief));
      if (without > best.rate * (1 + kSame / 10)) best = {std::move(relief), without};
    }
    return best;
  }

  /// What to change, if anything: that limit, or several that hold as much as each other. Empty
  /// where no setting helps.
  std::vector<Relief> to_change(const Tried& first) const {
    if (gain(first.rate) < kWorthIt) return together();
    if (!adjustable(first.relief.bound.limit)) return {};
    return {first.relief};
  }

  /// Without these limits, and with room for what their workers make.
  Model with_room(const std::vector<Relief>& reliefs) const {
    Model model = model_;
    for (const Relief& relief : reliefs) {
      model = relieved(std::move(model), relief);
      if (relief.bound.limit == Limit::kConcurrency) make_room(model, relief.nodes[0]);
    }
    return model;
  }

  /// The smallest values with which these limits no longer bind.
  std::vector<SettingChange> sized(const std::vector<Relief>& reliefs) const {
    std::vector<SettingChange> result;
    if (reliefs.empty()) return result;
    Model best = with_room(reliefs);
    const double enough = kAsGood * rate(best);
    for (const Relief& relief : reliefs) result.push_back(smallest(best, relief, enough));
    add_room(reliefs, best, enough, result);
    return result;
  }

  /// The model with the changes made.
  static Model with(Model model, const std::vector<SettingChange>& changes) {
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

  const Model& model() const { return model_; }
  const Simulation& simulation() const { return now_; }

 private:
  static bool adjustable(Limit limit) {
    return limit == Limit::kConcurrency || limit == Limit::kQueue || limit == Limit::kMemory;
  }

  // Nodes that limit as much as each other: raising one alone gains nothing. The busiest that gain
  // together nearly all that can be gained.
  std::vector<Relief> together() const {
    std::vector<Relief> all;
    for (Relief& relief : possible_limits(model_, now_, machine_, false)) {
      if (relief.bound.limit == Limit::kConcurrency) all.push_back(std::move(relief));
    }
    const auto used = [&](const Relief& relief) {
      return occupied(now_.snapshot.nodes[relief.nodes[0]]);
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

  // The queues that node `i` feeds limit its workers too.
  static void make_room(Model& model, std::size_t i) {
    for (ModelNode& node : model.nodes) {
      for (ModelQueue& queue : node.inputs) {
        if (queue.from == i) {
          queue.capacity = std::max(queue.capacity, 2 * model.nodes[i].concurrency);
        }
      }
    }
  }

  // Lowers in `best` what `relief` has raised, as far as it stays fast enough.
  SettingChange smallest(Model& best, const Relief& relief, double enough) const {
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

  std::size_t smallest_concurrency(Model model, std::size_t i, double enough) const {
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

  static std::size_t largest(const ModelNode& node, std::size_t ModelQueue::*what) {
    std::size_t most = 0;
    for (const ModelQueue& queue : node.inputs) most = std::max(most, queue.*what);
    return most;
  }

  // Doubles a setting of node `i`'s queues from what it was until it is enough.
  void smallest_queue(Model& model, std::size_t i, std::size_t ModelQueue::*what,
                      double enough) const {
    std::vector<ModelQueue>& queues = model.nodes[i].inputs;
    const std::size_t most = largest(model.nodes[i], what);
    for (std::size_t value = 2 * largest(model_.nodes[i], what);; value *= 2) {
      for (ModelQueue& queue : queues) queue.*what = std::min(value, most);
      if (value >= most || rate(model) >= enough) return;
    }
  }

  // Longer queues after nodes with more workers, where they need them.
  void add_room(const std::vector<Relief>& reliefs, Model& best, double enough,
                std::vector<SettingChange>& result) const {
    if (rate(with(model_, result)) >= kAsGood * enough) return;
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

  Model model_;
  const Machine& machine_;
  Simulation now_;
};

double share(std::int64_t part, const NodeSnapshot& node) {
  const auto all = static_cast<double>(node.metered) * static_cast<double>(node.concurrency);
  return all > 0 ? static_cast<double>(part) / all : 0;
}

Evidence evidence(const GraphSnapshot& graph, const Machine& machine, const Bound& bound) {
  Evidence result;
  result.cores = machine.cores;
  std::int64_t cpu = 0, most = -1;
  for (const NodeSnapshot& node : graph.nodes) {
    cpu += node.cpu;
    if (node.cpu > most) {
      most = node.cpu;
      result.most_cores = node.name;
    }
  }
  if (graph.elapsed > 0) {
    result.cores_used = static_cast<double>(cpu) / static_cast<double>(graph.elapsed);
  }
  if (cpu > 0) result.most_share = static_cast<double>(most) / static_cast<double>(cpu);
  if (bound.node.empty()) return result;

  const NodeSnapshot& node = graph.node(bound.node);
  result.workers = node.concurrency;
  result.busy = occupied(node);
  double fullest = -1;
  for (const QueueSnapshot& queue : node.inputs) {
    const double depth =
        static_cast<double>(queue.depth_time) / std::max(1.0, static_cast<double>(node.metered));
    const NodeSnapshot& before = graph.node(queue.from);
    result.before_blocked = std::max(result.before_blocked, share(before.blocked, before));
    if (depth / static_cast<double>(queue.capacity) <= fullest) continue;
    fullest = depth / static_cast<double>(queue.capacity);
    result.waiting = depth;
    result.places = queue.capacity;
  }
  for (const std::string& name : node.outputs) {
    const NodeSnapshot& after = graph.node(name);
    result.after_starved = std::max(result.after_starved, share(after.starved, after));
  }
  return result;
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
  const double with = rate(Search::with(model, result));
  return with >= (1 - kSame) * now.samples_per_second ? result : std::vector<SettingChange>{};
}

struct Spread {
  double mean = 0, error = 0;  // of the mean
};

Spread spread(const NodeSnapshot& node, double mean) {
  double squares = 0;
  node.service.each([&](std::int64_t nanoseconds, std::uint64_t count) {
    const double off = static_cast<double>(nanoseconds) - mean;
    squares += off * off * static_cast<double>(count);
  });
  const auto n = static_cast<double>(std::max<std::uint64_t>(1, node.service.count()));
  return {mean, std::sqrt(squares) / n};
}

std::optional<Straggler> straggler(const GraphSnapshot& graph, const Machine& machine,
                                   const Model& model) {
  std::vector<Spread> devices;
  std::vector<std::string> names;
  for (const std::string& name : machine.devices) {
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
      if (graph.nodes[i].name != name) continue;
      devices.push_back(spread(graph.nodes[i], model.nodes[i].service.mean()));
      names.push_back(name);
    }
  }
  if (devices.size() < 2) return std::nullopt;
  const auto less = [](const Spread& a, const Spread& b) { return a.mean < b.mean; };
  const auto slowest = std::max_element(devices.begin(), devices.end(), less);
  const Spread slow = *slowest;
  const std::string node = names[static_cast<std::size_t>(slowest - devices.begin())];
  devices.erase(slowest);
  const auto middle = devices.begin() + static_cast<std::ptrdiff_t>(devices.size() / 2);
  std::nth_element(devices.begin(), middle, devices.end(), less);
  const double slower = slow.mean / middle->mean - 1;
  const bool by_chance = slow.mean - middle->mean < 3 * std::hypot(slow.error, middle->error);
  if (!(slower >= kWorthIt) || by_chance) return std::nullopt;
  Model equal = model;
  equal.node(node).service = equal.node(node).service.scaled(1 / (1 + slower));
  return Straggler{node, slower, rate(equal)};
}

// The batch node that feeds `device`, if any.
std::optional<std::size_t> batch_before(const Model& model, std::size_t device) {
  for (std::size_t i = device; !model.nodes[i].inputs.empty();) {
    if (model.nodes[i].passing == Passing::kCollect) return i;
    std::size_t next = i;
    for (const ModelQueue& queue : model.nodes[i].inputs) {
      if (queue.first == 0) {
        next = queue.from;
        break;
      }
    }
    if (next == i) break;
    i = next;
  }
  return std::nullopt;
}

// Twice the work in each step of a device, half as many steps.
std::optional<double> larger_batch(const Model& model, const Machine& machine) {
  Model twice = model;
  std::optional<std::size_t> batch;
  for (std::size_t i = 0; i < model.nodes.size(); ++i) {
    const std::vector<std::string>& devices = machine.devices;
    if (std::find(devices.begin(), devices.end(), model.nodes[i].name) == devices.end()) continue;
    twice.nodes[i].service = twice.nodes[i].service.scaled(2);
    if (!batch) batch = batch_before(model, i);
  }
  if (!batch) return std::nullopt;
  twice.nodes[*batch].per_item /= 2;
  return std::max(0.0, rate(twice) / rate(model) - 1);
}

bool too_little_seen(const GraphSnapshot& graph, const Model& model) {
  const NodeSnapshot& source = graph.nodes[model.main_source()];
  const bool no_batch =
      std::any_of(graph.nodes.begin(), graph.nodes.end(), [](const NodeSnapshot& node) {
        return node.kind == "batch" && node.items_in > 0 && node.items_out == 0;
      });
  return graph.elapsed <= 0 || source.items_out < kFewItems || no_batch;
}

// Counted as near the end as there is enough to count: while queues fill, a source is ahead.
double measured_rate(const GraphSnapshot& graph, const Model& model) {
  constexpr double kEnough = 30;
  const std::vector<double> visits = model.visits();
  std::vector<double> seen(model.nodes.size(), 0);  // the fewest items on the way to each node
  double rate = 0;
  for (const std::size_t i : model.downstream_order()) {
    seen[i] = static_cast<double>(graph.nodes[i].items_in);
    for (const ModelQueue& queue : model.nodes[i].inputs) {
      if (queue.first == 0) seen[i] = std::min(seen[i], seen[queue.from]);
    }
    if (visits[i] <= 0 || (rate > 0 && seen[i] < kEnough)) continue;
    const double seconds = static_cast<double>(graph.elapsed) * 1e-9;
    rate = static_cast<double>(graph.nodes[i].items_in) / visits[i] / seconds;
  }
  return rate;
}

Bound named(Bound bound, const GraphSnapshot& graph) {
  if (bound.limit == Limit::kDevice && occupied(graph.node(bound.node)) < kDeviceIsBusy) {
    bound.limit = Limit::kLockStep;
  }
  return bound;
}

}  // namespace

Verdict diagnose(const GraphSnapshot& difference, const Machine& machine) {
  const Model model = model_of(difference, machine);
  Verdict verdict;
  if (too_little_seen(difference, model)) return verdict;
  verdict.samples_per_second = measured_rate(difference, model);
  Search search(model, machine);
  if (search.now() <= 0) return verdict;
  const double scale = verdict.samples_per_second / search.now();  // to what was measured

  const Tried first = search.first_limit();
  verdict.balanced = search.gain(first.rate) < kWorthIt;
  verdict.bound = named(first.relief.bound, difference);
  const std::vector<Relief> changes = search.to_change(first);
  verdict.changes = search.sized(changes);
  if (verdict.balanced && !changes.empty()) {
    verdict.bound = changes.front().bound;
    verdict.balanced = false;
  }
  verdict.evidence = evidence(difference, machine, verdict.bound);

  verdict.predicted = verdict.samples_per_second;
  if (!changes.empty()) verdict.predicted = rate(Search::with(model, verdict.changes)) * scale;
  const Search after(changes.empty() ? relieved(model, first.relief) : search.with_room(changes),
                     machine);
  verdict.next_samples_per_second = after.now() * scale;
  verdict.next = named(after.first_limit().relief.bound, after.simulation().snapshot);
  verdict.spare = spare(Search::with(model, verdict.changes));
  verdict.straggler = straggler(difference, machine, model);
  if (verdict.straggler) verdict.straggler->samples_per_second *= scale;
  verdict.larger_batch = larger_batch(model, machine);
  return verdict;
}

}  // namespace forebay
