#include <forebay/graph/simulate/model.hpp>

#include <algorithm>
#include <cmath>

#include <forebay/graph/error.hpp>

namespace forebay {
namespace {

constexpr double kBucketWidth = 1.0 / 32;  // by which a histogram's mean may be off

double histogram_mean(const Histogram& histogram) {
  double sum = 0;
  histogram.each([&](std::int64_t nanoseconds, std::uint64_t count) {
    sum += static_cast<double>(nanoseconds) * static_cast<double>(count);
  });
  return histogram.count() > 0 ? sum / static_cast<double>(histogram.count()) : 0;
}

// The time in the body counts what is not finished at either end too, the histogram is coarse:
// together they know the mean better than each alone.
double mean_service(const NodeSnapshot& node) {
  const double rough = histogram_mean(node.service);
  if (node.items_in == 0) return rough;
  const double exact = static_cast<double>(node.busy) / static_cast<double>(node.items_in);
  if (rough == 0) return exact;
  return std::clamp(exact, rough * (1 - kBucketWidth), rough * (1 + kBucketWidth));
}

double cpu_share(const NodeSnapshot& node) {
  if (node.busy <= 0) return node.own_threads ? 0 : 1;
  const double share = static_cast<double>(node.cpu) / static_cast<double>(node.busy);
  if (node.cpu <= 0) return node.own_threads ? 0 : 1;  // not sampled; the pool's do not wait
  return std::min(share, 1.0);
}

Passing passing(const NodeSnapshot& node) {
  if (node.inputs.empty()) return Passing::kSource;
  if (node.kind == "batch") return Passing::kCollect;
  if (node.kind == "expand") return node.serial ? Passing::kSpread : Passing::kEmit;
  if (node.kind == "join") return Passing::kJoin;
  return Passing::kEach;
}

double items_per_item(const NodeSnapshot& node, Passing passing) {
  const auto in = static_cast<double>(node.items_in), out = static_cast<double>(node.items_out);
  if (in == 0) return 1;
  switch (passing) {
    case Passing::kSource:
    case Passing::kJoin:
      return 1;
    case Passing::kEach: {
      // An item that ended in this span may have begun before it; only real drops count.
      const auto dropped = in - out - static_cast<double>(node.concurrency);
      return node.outputs.empty() || dropped <= 0 ? 1 : out / in;
    }
    case Passing::kCollect:
      return 1 / std::max(1.0, std::round(in / std::max(out, 1.0)));
    case Passing::kSpread:
      return out / in;
    case Passing::kEmit:
      return std::clamp(std::round(out / in), 1.0, static_cast<double>(node.per_item));
  }
  return 1;
}

ModelQueue queue_of(const QueueSnapshot& queue, std::size_t from) {
  ModelQueue result{.from = from, .capacity = queue.capacity, .first = queue.first};
  result.capacity_bytes = queue.capacity_bytes;
  const auto mean = [](std::size_t bytes, std::size_t items) {
    return static_cast<double>(bytes) / static_cast<double>(items);
  };
  if (queue.depth > 0) {
    result.item_bytes = mean(queue.bytes, queue.depth);
  } else if (queue.high_water > 0) {
    result.item_bytes = mean(queue.high_water_bytes, queue.high_water);
  }
  return result;
}

ModelNode node_of(const NodeSnapshot& node, const GraphSnapshot& graph) {
  ModelNode result;
  result.name = node.name;
  result.kind = node.kind;
  result.passing = passing(node);
  result.concurrency = std::max<std::size_t>(1, node.concurrency);
  result.serial = node.serial;
  result.fixed = node.fixed;
  result.in_order = node.order == Order::kInOrder;
  result.own_threads = node.own_threads;
  result.service = ServiceTimes::measured(node.service, mean_service(node));
  result.cpu_share = cpu_share(node);
  result.per_item = items_per_item(node, result.passing);
  result.places = result.passing == Passing::kEmit ? node.per_item : 1;
  for (const QueueSnapshot& queue : node.inputs) {
    const auto& all = graph.nodes;
    const auto from = std::find_if(all.begin(), all.end(), [&](const NodeSnapshot& other) {
      return other.name == queue.from;
    });
    if (from == all.end()) {
      throw Error("graph '" + graph.name + "': the input of " + node.name + " comes from '" +
                  queue.from + "', which is not in the snapshot; give all nodes");
    }
    result.inputs.push_back(queue_of(queue, static_cast<std::size_t>(from - all.begin())));
  }
  return result;
}

// Helpers share what the node that they help has, and its items in the proportion that was seen.
void share_queues(const GraphSnapshot& graph, Model& model) {
  for (std::size_t i = 0; i < model.nodes.size(); ++i) {
    if (graph.nodes[i].helps.empty()) continue;
    ModelNode& helper = model.nodes[i];
    helper.helps = model.index(graph.nodes[i].helps);
    helper.inputs.clear();
    if (graph.nodes[i].items_in > 0) continue;  // else nothing is known of it
    helper.service = model.nodes[*helper.helps].service;
    helper.cpu_share = model.nodes[*helper.helps].cpu_share;
  }
  for (std::size_t i = 0; i < model.nodes.size(); ++i) {
    if (model.nodes[i].helps) continue;
    const std::vector<std::size_t> crew = model.crew(i);
    double all = 0;
    for (const std::size_t member : crew) all += static_cast<double>(graph.nodes[member].items_in);
    for (const std::size_t member : crew) {
      if (all == 0) continue;
      model.nodes[member].share = static_cast<double>(graph.nodes[member].items_in) / all;
    }
  }
}

}  // namespace

std::size_t ModelQueue::places() const {
  if (capacity_bytes == 0 || item_bytes <= 0) return capacity;
  const double by_bytes = std::max(1.0, static_cast<double>(capacity_bytes) / item_bytes);
  return static_cast<std::size_t>(std::min(static_cast<double>(capacity), by_bytes));
}

std::size_t Model::index(std::string_view wanted) const {
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (nodes[i].name == wanted) return i;
  }
  throw Error("the model of graph '" + name + "' has no node '" + std::string(wanted) + "'");
}

std::vector<std::size_t> Model::downstream_order() const {
  std::vector<std::size_t> order;
  std::vector<bool> placed(nodes.size(), false);
  const auto fed = [&](const ModelNode& node) {
    return std::all_of(node.inputs.begin(), node.inputs.end(), [&](const ModelQueue& queue) {
      return queue.first > 0 || placed[queue.from];
    });
  };
  for (bool any = true; any;) {
    any = false;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      if (placed[i] || nodes[i].helps || !fed(nodes[i])) continue;
      any = true;
      for (const std::size_t member : crew(i)) {
        placed[member] = true;
        order.push_back(member);
      }
    }
  }
  if (order.size() < nodes.size()) {
    throw Error("the model of graph '" + name + "' has a cycle without first items");
  }
  return order;
}

std::vector<std::size_t> Model::crew(std::size_t i) const {
  std::vector<std::size_t> crew{i};
  for (std::size_t j = 0; j < nodes.size(); ++j) {
    if (nodes[j].helps == i) crew.push_back(j);
  }
  return crew;
}

std::vector<double> Model::visits() const {
  std::vector<double> visits(nodes.size(), 0);
  for (const std::size_t i : downstream_order()) {
    visits[i] = nodes[i].passing == Passing::kSource ? 1 : 0;
    for (const ModelQueue& queue : nodes[i].inputs) {
      if (queue.first > 0) continue;
      visits[i] = visits[queue.from] * nodes[queue.from].per_item;
      break;
    }
  }
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (nodes[i].helps) visits[i] = visits[*nodes[i].helps];
  }
  for (std::size_t i = 0; i < nodes.size(); ++i) visits[i] *= nodes[i].share;
  return visits;
}

std::size_t Model::main_source() const {
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (nodes[i].passing == Passing::kSource) return i;
  }
  throw Error("the model of graph '" + name + "' has no source");
}

Model model_of(const GraphSnapshot& difference, const Machine& machine) {
  Model model;
  model.name = difference.name;
  model.cores = machine.cores;
  model.threads = machine.threads > 0
                      ? machine.threads
                      : static_cast<std::size_t>(std::max(1.0, std::round(machine.cores)));
  for (const NodeSnapshot& node : difference.nodes) {
    model.nodes.push_back(node_of(node, difference));
  }
  share_queues(difference, model);
  model.main_source();
  model.downstream_order();
  return model;
}

}  // namespace forebay
