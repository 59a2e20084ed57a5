#include <forebay/graph/simulate/simulate.hpp>

#include <algorithm>
#include <vector>

#include <forebay/graph/error.hpp>
#include <forebay/graph/simulate/engine.hpp>

namespace forebay {
namespace {

// The node that counts the samples: the end that most items reach.
std::size_t last_node(const Model& model, const std::vector<double>& visits) {
  std::vector<bool> feeds(model.nodes.size(), false);
  for (const ModelNode& node : model.nodes) {
    for (const ModelQueue& queue : node.inputs) feeds[queue.from] = true;
  }
  std::size_t best = model.nodes.size();
  for (std::size_t i = 0; i < model.nodes.size(); ++i) {
    if (model.nodes[i].helps) continue;
    if (!feeds[i] && (best == model.nodes.size() || visits[i] > visits[best])) best = i;
  }
  if (best == model.nodes.size()) throw Error("graph '" + model.name + "' has no end");
  return best;
}

// Samples that fit into the queues on the longest way through the graph.
double samples_on_the_way(const Model& model, const std::vector<double>& visits) {
  std::vector<double> before(model.nodes.size(), 0);
  for (const std::size_t i : model.downstream_order()) {
    for (const ModelQueue& queue : model.nodes[i].inputs) {
      if (queue.first > 0 || visits[i] <= 0) continue;
      const double places = static_cast<double>(queue.places()) / visits[i];
      before[i] = std::max(before[i], before[queue.from] + places);
    }
  }
  return *std::max_element(before.begin(), before.end());
}

// Enough that every node sees some hundred items, unless that takes too long.
double enough_samples(const Model& model, const std::vector<double>& visits) {
  constexpr double kSamples = 4000, kItemsPerNode = 150, kMostItems = 100'000;
  double samples = kSamples, all = 0;
  for (std::size_t i = 0; i < model.nodes.size(); ++i) {
    if (visits[i] <= 0) continue;
    samples = std::max(samples, kItemsPerNode / visits[i]);
    all += visits[i];
  }
  return std::max(std::min(samples, kMostItems / all),
                  std::min(4 * samples_on_the_way(model, visits), 10 * samples));
}

}  // namespace

Simulation simulate(const Model& model, const SimulateOptions& options) {
  model.main_source();
  const std::vector<double> visits = model.visits();
  const std::size_t last = last_node(model, visits);
  const double samples =
      options.samples > 0 ? static_cast<double>(options.samples) : enough_samples(model, visits);
  const double per_sample = visits[last];
  Simulation result;
  if (per_sample <= 0) return result;
  const auto all = std::max<std::uint64_t>(8, static_cast<std::uint64_t>(samples * per_sample));

  detail::Engine engine(model, options);
  if (!engine.run_until(last, all / 4)) return result;
  const GraphSnapshot begin = options.meters ? engine.snapshot() : GraphSnapshot();
  const double from = engine.now();
  if (!engine.run_until(last, all)) return result;
  if (options.meters) result.snapshot = engine.snapshot() - begin;
  const double seconds = (engine.now() - from) * 1e-9;
  result.samples_per_second = static_cast<double>(all - all / 4) / per_sample / seconds;
  return result;
}

}  // namespace forebay
