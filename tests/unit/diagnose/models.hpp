#pragma once

// Models put together by hand.

#include <cstddef>
#include <string>
#include <vector>

#include <forebay/graph/simulate/model.hpp>

namespace forebay::test {

constexpr double kMs = 1e6;  // nanoseconds

/// What a hand-made node needs to be told.
struct Stage {
  std::string name;
  double ms = 0;
  std::size_t concurrency = 1;
  std::size_t queue = 16;
  double cpu_share = 0;  // 0: only waits, on threads of its own
  Passing passing = Passing::kEach;
  double per_item = 1;
};

inline ModelNode node(const Stage& stage) {
  ModelNode node;
  node.name = stage.name;
  node.passing = stage.passing;
  node.concurrency = stage.concurrency;
  node.service = ServiceTimes::constant(stage.ms * kMs);
  node.cpu_share = stage.cpu_share;
  node.own_threads = stage.cpu_share == 0;
  node.per_item = stage.per_item;
  switch (stage.passing) {
    case Passing::kSource:
      node.kind = "source";
      break;
    case Passing::kCollect:
      node.kind = "batch";
      break;
    case Passing::kSpread:
      node.kind = "expand";
      break;
    case Passing::kEmit:
      node.kind = "expand";
      node.places = static_cast<std::size_t>(stage.per_item);
      break;
    case Passing::kJoin:
      node.kind = "join";
      break;
    case Passing::kEach:
      node.kind = "transform";
      break;
  }
  node.serial = stage.passing == Passing::kSource || stage.passing == Passing::kCollect ||
                stage.passing == Passing::kSpread;
  return node;
}

/// Adds a node fed by `from`, by name; "" for none.
inline void add(Model& model, const std::vector<std::string>& from, const Stage& stage) {
  ModelNode made = node(stage);
  for (const std::string& name : from) {
    made.inputs.push_back({.from = model.index(name), .capacity = stage.queue});
  }
  model.nodes.push_back(made);
}

/// Adds a node that takes from the queue of `leader` too; its concurrency is fixed.
inline void add_helper(Model& model, const std::string& leader, const Stage& stage) {
  ModelNode made = node(stage);
  made.helps = model.index(leader);
  made.fixed = true;
  model.nodes.push_back(made);
}

/// Nodes in a row; the first is a source.
inline Model chain(std::vector<Stage> stages, double cores = 8) {
  Model model;
  model.name = "chain";
  model.cores = cores;
  model.threads = static_cast<std::size_t>(cores);
  stages.front().passing = Passing::kSource;
  for (std::size_t i = 0; i < stages.size(); ++i) {
    std::vector<std::string> from;
    if (i > 0) from.push_back(stages[i - 1].name);
    add(model, from, stages[i]);
  }
  return model;
}

}  // namespace forebay::test
