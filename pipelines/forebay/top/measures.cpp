#include <forebay/top/measures.hpp>

#include <algorithm>
#include <numeric>

#include <forebay/graph/error.hpp>
#include <forebay/graph/inspect/verdict.hpp>

namespace forebay {
namespace {

double ratio(std::int64_t part, std::int64_t whole) {
  return whole > 0 ? std::clamp(static_cast<double>(part) / static_cast<double>(whole), 0.0, 1.0)
                   : 0;
}

// From the front of the graph to its end, and how many items of each node a sample is. Of the whole
// run, so that a batch that began before the reports counts.
struct Flow {
  std::vector<std::size_t> order;
  std::vector<double> visits;
};

Flow flow_of(const Report& report) {
  Flow flow;
  try {
    Model model = model_of(report.graph, machine_of(report));
    for (ModelNode& node : model.nodes) node.share = 1;  // each shows what itself has done
    flow.order = model.downstream_order();
    flow.visits = model.visits();
  } catch (const Error&) {  // not whole: then as it was declared
    flow.order.resize(report.graph.nodes.size());
    std::iota(flow.order.begin(), flow.order.end(), std::size_t{0});
    flow.visits.assign(flow.order.size(), 1);
  }
  return flow;
}

void measure_inputs(const NodeSnapshot& node, NodeMeasures& result) {
  for (const QueueSnapshot& queue : node.inputs) {
    (queue.first > 0 ? result.back_from : result.from).push_back(queue.from);
    const double depth =
        node.metered > 0 ? static_cast<double>(queue.depth_time) / static_cast<double>(node.metered)
                         : static_cast<double>(queue.depth);
    const double fill = queue.capacity > 0 ? depth / static_cast<double>(queue.capacity) : 0;
    if (result.capacity > 0 && fill <= result.fill()) continue;
    result.depth = depth;
    result.capacity = queue.capacity;
    result.high_water = queue.high_water;
  }
}

NodeMeasures measure_node(const NodeSnapshot& node, double seconds, double visits) {
  NodeMeasures result;
  result.name = node.name;
  result.source = node.inputs.empty();
  measure_inputs(node, result);
  result.active = node.active;
  result.concurrency = node.concurrency;
  const auto items = static_cast<double>(result.source ? node.items_out : node.items_in);
  if (seconds > 0 && visits > 0) result.samples_per_second = items / visits / seconds;
  const std::int64_t all = node.busy + node.ready + node.starved + node.blocked;
  result.busy = ratio(node.busy, all);
  result.ready = ratio(node.ready, all);
  result.starved = ratio(node.starved, all);
  result.blocked = ratio(node.blocked, all);
  result.limited = ratio(node.limited, node.metered);
  result.p50 = static_cast<double>(node.service.quantile(0.5)) * 1e-9;
  result.p99 = static_cast<double>(node.service.quantile(0.99)) * 1e-9;
  return result;
}

}  // namespace

Measures measure(const Report& earlier, const Report& later) {
  const GraphSnapshot between = later.graph - earlier.graph;
  const Flow flow = flow_of(later);
  Measures result;
  result.seconds = static_cast<double>(between.elapsed) * 1e-9;
  result.host = use_between(earlier.host, later.host);
  for (const std::size_t i : flow.order) {
    NodeMeasures node = measure_node(between.nodes[i], result.seconds, flow.visits[i]);
    node.errors = later.graph.nodes[i].errors;
    node.skipped = later.graph.nodes[i].skipped;
    result.nodes.push_back(std::move(node));
  }
  if (!result.nodes.empty()) result.samples_per_second = result.nodes.back().samples_per_second;
  return result;
}

}  // namespace forebay
