#pragma once

// Snapshots of graphs that nobody ran.

#include <string>
#include <vector>

#include <forebay/graph/snapshot.hpp>

namespace forebay::test {

inline QueueSnapshot queue_from(const std::string& from, std::size_t depth = 0,
                                std::size_t capacity = 16, std::size_t first = 0) {
  QueueSnapshot queue;
  queue.from = from;
  queue.depth = depth;
  queue.capacity = capacity;
  queue.first = first;
  return queue;
}

inline NodeSnapshot node_of(const std::string& name, std::vector<QueueSnapshot> inputs = {}) {
  NodeSnapshot node;
  node.name = name;
  node.kind = inputs.empty() ? "source" : "transform";
  node.inputs = std::move(inputs);
  node.concurrency = 4;
  return node;
}

inline GraphSnapshot graph_of(const std::string& name, std::vector<NodeSnapshot> nodes) {
  GraphSnapshot graph;
  graph.name = name;
  graph.nodes = std::move(nodes);
  return graph;
}

/// read, and decode with 12 of 16 places taken and 3 of 4 workers busy.
inline GraphSnapshot small_graph(const std::string& name = "g") {
  GraphSnapshot graph =
      graph_of(name, {node_of("read"), node_of("decode", {queue_from("read", 12, 16)})});
  graph.nodes[1].active = 3;
  return graph;
}

/// A training graph's shape: a long chain, branches that meet again, a cycle.
inline GraphSnapshot training_graph(std::size_t devices) {
  std::vector<NodeSnapshot> nodes{node_of("read"), node_of("decode", {queue_from("read", 12)}),
                                  node_of("slot", {queue_from("decode")}),
                                  node_of("augment", {queue_from("slot")}),
                                  node_of("batch", {queue_from("augment")})};
  nodes.push_back(node_of("step", {queue_from("batch"), queue_from("weights-new", 0, 1, 1)}));
  nodes.push_back(node_of("scatter", {queue_from("step")}));
  std::vector<QueueSnapshot> gradients;
  for (std::size_t i = 0; i < devices; ++i) {
    const std::string name = "forward-backward[" + std::to_string(i) + "]";
    nodes.push_back(node_of(name, {queue_from("scatter", 1, 1)}));
    gradients.push_back(queue_from(name));
  }
  nodes.push_back(node_of("gather", gradients));
  nodes.push_back(node_of("all-reduce", {queue_from("gather")}));
  nodes.push_back(node_of("update", {queue_from("all-reduce")}));
  nodes.push_back(node_of("step-end", {queue_from("update")}));
  nodes.push_back(node_of("weights-new", {queue_from("step-end")}));
  nodes.push_back(node_of("log", {queue_from("step-end")}));
  return graph_of("training", std::move(nodes));
}

}  // namespace forebay::test
