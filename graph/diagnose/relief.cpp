#include <forebay/graph/diagnose/relief.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

namespace forebay::detail {
namespace {

constexpr double kFelt = 0.05;           // less occupied nodes cannot matter
constexpr double kNearlyAll = 0.7;       // from here on, more workers could matter
constexpr std::size_t kMoreWorkers = 8;  // times as many
constexpr std::size_t kMorePlaces = 32;  // an item may take as many times longer than others

std::vector<std::size_t> known(const Model& model, const std::vector<std::string>& names) {
  std::vector<std::size_t> result;
  for (std::size_t i = 0; i < model.nodes.size(); ++i) {
    if (std::find(names.begin(), names.end(), model.nodes[i].name) != names.end()) {
      result.push_back(i);
    }
  }
  return result;
}

bool contains(const std::vector<std::size_t>& nodes, std::size_t node) {
  return std::find(nodes.begin(), nodes.end(), node) != nodes.end();
}

std::size_t slowest(const Model& model, const std::vector<std::size_t>& nodes) {
  return *std::max_element(nodes.begin(), nodes.end(), [&](std::size_t a, std::size_t b) {
    return model.nodes[a].service.mean() < model.nodes[b].service.mean();
  });
}

bool any_felt(const Simulation& now, const std::vector<std::size_t>& nodes) {
  return std::any_of(nodes.begin(), nodes.end(),
                     [&](std::size_t i) { return occupied(now.snapshot.nodes[i]) >= kFelt; });
}

void add(std::vector<Relief>& reliefs, Limit limit, std::string node,
         std::vector<std::size_t> nodes) {
  Relief& relief = reliefs.emplace_back();
  relief.bound.limit = limit;
  relief.bound.node = std::move(node);
  relief.nodes = std::move(nodes);
}

void widen(ModelQueue& queue) { queue.capacity = kMorePlaces * queue.capacity; }

}  // namespace

bool adjustable(Limit limit) {
  return limit == Limit::kConcurrency || limit == Limit::kQueue || limit == Limit::kMemory;
}

double occupied(const NodeSnapshot& node) {
  const auto all = static_cast<double>(node.metered) * static_cast<double>(node.concurrency);
  return all > 0 ? static_cast<double>(node.busy + node.ready) / all : 0;
}

double occupied(const GraphSnapshot& graph, const NodeSnapshot& node) {
  NodeSnapshot all = node;
  for (const NodeSnapshot& other : graph.nodes) {
    if (other.helps != node.name) continue;
    all.concurrency += other.concurrency;
    all.busy += other.busy;
    all.ready += other.ready;
  }
  return occupied(all);
}

std::vector<Relief> possible_limits(const Model& model, const Simulation& now,
                                    const Machine& machine) {
  std::vector<Relief> result(1);
  result[0].bound.limit = Limit::kCores;
  const auto add_group = [&](Limit limit, const std::vector<std::size_t>& nodes) {
    if (any_felt(now, nodes)) add(result, limit, model.nodes[slowest(model, nodes)].name, nodes);
  };
  const std::vector<std::size_t> devices = known(model, machine.devices);
  const std::vector<std::size_t> all_reduce = known(model, machine.all_reduce);
  add_group(Limit::kDevice, devices);
  add_group(Limit::kAllReduce, all_reduce);
  for (std::size_t i = 0; i < model.nodes.size(); ++i) {
    const ModelNode& node = model.nodes[i];
    // Its items go to whom it helps as soon as it has no worker for them.
    if (node.helps && !node.adjustable()) continue;
    const double used = occupied(now.snapshot, now.snapshot.nodes[i]);
    if (contains(devices, i) || contains(all_reduce, i)) {
      // One of a group, which has been thought of.
    } else if (node.adjustable()) {
      if (used >= kNearlyAll) add(result, Limit::kConcurrency, node.name, {i});
    } else if (used >= kFelt) {
      const bool reads = node.passing == Passing::kSource && node.own_threads;
      add(result, reads ? Limit::kReading : Limit::kSerial, node.name, model.crew(i));
    }
  }
  return result;
}

std::vector<Relief> possible_queues(const Model& model) {
  std::vector<Relief> result;
  for (std::size_t i = 0; i < model.nodes.size(); ++i) {
    const ModelNode& node = model.nodes[i];
    if (node.inputs.empty()) continue;
    add(result, Limit::kQueue, node.name, {i});
    if (std::any_of(node.inputs.begin(), node.inputs.end(),
                    [](const ModelQueue& queue) { return queue.places() < queue.capacity; })) {
      add(result, Limit::kMemory, node.name, {i});
    }
  }
  return result;
}

Model eased(Model model, const Relief& relief, double times) {
  if (relief.bound.limit == Limit::kCores) {
    model.cores *= times;
    model.threads = static_cast<std::size_t>(std::ceil(static_cast<double>(model.threads) * times));
  }
  for (const std::size_t i : relief.nodes) {
    model.nodes[i].service = model.nodes[i].service.scaled(1 / times);
  }
  return model;
}

Model relieved(Model model, const Relief& relief) {
  const Limit limit = relief.bound.limit;
  if (!adjustable(limit)) return eased(std::move(model), relief, kTimesFaster);
  ModelNode& node = model.nodes[relief.nodes[0]];
  if (limit == Limit::kConcurrency) node.concurrency *= kMoreWorkers;
  for (ModelQueue& queue : node.inputs) {
    if (limit == Limit::kQueue) widen(queue);
    if (limit == Limit::kMemory) queue.capacity_bytes *= kMorePlaces;
  }
  return model;
}

Model with_long_queues(Model model) {
  for (ModelNode& node : model.nodes) {
    for (ModelQueue& queue : node.inputs) {
      widen(queue);
      queue.capacity_bytes = 0;
    }
  }
  return model;
}

}  // namespace forebay::detail
