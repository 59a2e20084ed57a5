#include <forebay/graph/diagnose/diagnose.hpp>

#include <algorithm>
#include <string>

#include <forebay/graph/diagnose/devices.hpp>
#include <forebay/graph/diagnose/relief.hpp>
#include <forebay/graph/diagnose/search.hpp>

namespace forebay {
namespace {

using detail::occupied;
using detail::Relief;
using detail::Search;
using detail::Tried;

constexpr double kDeviceIsBusy = 0.85;   // else it waits for the others of its step
constexpr std::uint64_t kFewItems = 20;  // samples that say nothing
constexpr std::uint64_t kFewPerNode = 3;

double share(std::int64_t part, const NodeSnapshot& node) {
  const auto all = static_cast<double>(node.metered) * static_cast<double>(node.concurrency);
  return all > 0 ? static_cast<double>(part) / all : 0;
}

Evidence evidence(const GraphSnapshot& graph, const Machine& machine, const Bound& bound) {
  Evidence result;
  result.cores = machine.cores;
  std::int64_t cpu = 0, most = -1, metered = 0;
  for (const NodeSnapshot& node : graph.nodes) {
    cpu += node.cpu;
    metered = std::max(metered, node.metered);
    if (node.cpu > most) {
      most = node.cpu;
      result.most_cores = node.name;
    }
  }
  if (metered > 0) {
    result.cores_used = static_cast<double>(cpu) / static_cast<double>(metered);
  }
  if (cpu > 0) result.most_share = static_cast<double>(most) / static_cast<double>(cpu);
  if (bound.node.empty()) return result;

  const NodeSnapshot& node = graph.node(bound.node);
  result.workers = node.concurrency;
  result.busy = occupied(graph, node);
  for (const NodeSnapshot& other : graph.nodes) {
    if (other.helps != bound.node) continue;
    result.workers += other.concurrency;
    result.helpers += (result.helpers.empty() ? "" : ", ") + other.name;
  }
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

// Of a node that has seen nothing yet, nothing is known: the queues before it are filling.
bool too_little_seen(const GraphSnapshot& graph, const Model& model) {
  const std::uint64_t samples = graph.nodes[model.main_source()].items_out;
  if (samples < kFewItems) return true;
  const std::vector<double> visits = model.visits();
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    if (graph.nodes[i].inputs.empty() || model.nodes[i].helps) continue;
    double due = 0;
    std::uint64_t seen = 0;
    for (const std::size_t member : model.crew(i)) {
      due += visits[member] * static_cast<double>(samples);
      seen += graph.nodes[member].items_in;
    }
    if (due >= 1 && seen < kFewPerNode) return true;
  }
  return false;
}

// Counted as near the end as there is enough to count: while queues fill, a source is ahead.
double measured_rate(const GraphSnapshot& graph, const Model& model) {
  constexpr double kEnough = 30;
  const std::vector<double> visits = model.visits();
  std::vector<double> seen(model.nodes.size(), 0);  // the fewest items on the way to each node
  double rate = 0;
  for (const std::size_t i : model.downstream_order()) {
    for (const std::size_t member : model.crew(i)) {
      seen[i] += static_cast<double>(graph.nodes[member].items_in);
    }
    for (const ModelQueue& queue : model.nodes[i].inputs) {
      if (queue.first == 0) seen[i] = std::min(seen[i], seen[queue.from]);
    }
    if (visits[i] <= 0 || (rate > 0 && seen[i] < kEnough)) continue;
    if (graph.nodes[i].metered <= 0) continue;
    // A node that has ended gave its items until then.
    const double seconds = static_cast<double>(graph.nodes[i].metered) * 1e-9;
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
  std::vector<Relief> changes = search.to_change(first);
  verdict.changes = search.sized(changes);
  verdict.predicted = scale * detail::rate(detail::with(model, verdict.changes));
  if (verdict.predicted < (1 + detail::kWorthIt) * verdict.samples_per_second) {
    changes.clear();
    verdict.changes.clear();
    verdict.predicted = verdict.samples_per_second;
  }
  const Bound bound = changes.empty() ? first.relief.bound : changes.front().bound;
  verdict.bound = named(bound, difference);
  verdict.balanced = changes.empty() && (detail::adjustable(bound.limit) ||
                                         search.gain(first.rate) < detail::kWorthIt);
  verdict.evidence = evidence(difference, machine, verdict.bound);

  const Search after(
      changes.empty() ? detail::relieved(model, first.relief) : search.with_room(changes), machine);
  verdict.next_samples_per_second = after.now() * scale;
  verdict.next = named(after.first_limit().relief.bound, after.simulation().snapshot);
  verdict.spare = detail::spare(detail::with(model, verdict.changes));
  verdict.straggler = detail::straggler(difference, machine, model);
  if (verdict.straggler) verdict.straggler->samples_per_second *= scale;
  verdict.larger_batch = detail::larger_batch(model, machine);
  return verdict;
}

}  // namespace forebay
