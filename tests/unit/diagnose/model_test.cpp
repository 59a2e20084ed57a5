#include <gtest/gtest.h>

#include <forebay/graph/simulate/model.hpp>
#include <forebay/graph/simulate/simulate.hpp>
#include <support/error_of.hpp>

#include "models.hpp"

namespace forebay {
namespace {

using test::chain;

NodeSnapshot named(std::string name, std::string kind) {
  NodeSnapshot node;
  node.name = std::move(name);
  node.kind = std::move(kind);
  return node;
}

GraphSnapshot graph(const std::vector<NodeSnapshot>& nodes) {
  GraphSnapshot graph;
  graph.name = std::string("g");
  graph.nodes = nodes;
  return graph;
}

Model again(const Model& model) {
  return model_of(simulate(model).snapshot, {.cores = model.cores, .threads = model.threads});
}

TEST(ModelOf, FindsAgainWhatASnapshotWasMadeFrom) {
  Model model = chain({{"read", 1},
                       {"decode", 5, 4, 32, 1},
                       {"filter", 0.5},
                       {"batch", 0.1, 1, 16, 0.5, Passing::kCollect, 1.0 / 8},
                       {"device", 12, 1, 2},
                       {"emit", 4, 1, 2, 0, Passing::kEmit, 3},
                       {"end", 1, 2, 9}});
  model.node("filter").per_item = 0.75;
  const Model found = again(model);
  ASSERT_EQ(found.nodes.size(), model.nodes.size());
  for (std::size_t i = 0; i < model.nodes.size(); ++i) {
    const ModelNode &was = model.nodes[i], &is = found.nodes[i];
    SCOPED_TRACE(was.name);
    EXPECT_EQ(is.name, was.name);
    EXPECT_EQ(is.passing, was.passing);
    EXPECT_EQ(is.concurrency, was.concurrency);
    EXPECT_EQ(is.own_threads, was.own_threads);
    EXPECT_EQ(is.adjustable(), was.adjustable());
    EXPECT_NEAR(is.service.mean(), was.service.mean(), 0.01 * was.service.mean() + 1);
    EXPECT_NEAR(is.cpu_share, was.cpu_share, 0.01);
    EXPECT_NEAR(is.per_item, was.per_item, 0.01 * was.per_item);
    EXPECT_EQ(is.places, was.places);
    ASSERT_EQ(is.inputs.size(), was.inputs.size());
    for (std::size_t j = 0; j < was.inputs.size(); ++j) {
      EXPECT_EQ(is.inputs[j].from, was.inputs[j].from);
      EXPECT_EQ(is.inputs[j].places(), was.inputs[j].places());
    }
  }
  const double was = simulate(model).samples_per_second;
  EXPECT_NEAR(simulate(found).samples_per_second, was, 0.01 * was);
}

TEST(ModelOf, FindsCyclesAgain) {
  Model model = chain({{"read"}});
  test::add(model, {"read"}, {"step", 0, 1, 4, 0, Passing::kJoin});
  test::add(model, {"step"}, {"device", 10, 4});
  test::add(model, {"device"}, {"end"});
  model.node("step").inputs.push_back({.from = model.index("device"), .capacity = 4, .first = 2});
  EXPECT_NEAR(simulate(again(model)).samples_per_second, 200, 1);
}

// A histogram's bucket is up to 6 % wide, which is more than predictions may be off.
TEST(ModelOf, TakesTheMeanFromTheTimeInTheBody) {
  NodeSnapshot node = named("read", "source");
  for (int i = 0; i < 100; ++i) node.service.record(1'036'000);
  node.items_in = node.items_out = 100;
  node.busy = 103'600'000;
  EXPECT_NEAR(model_of(graph({node}), {}).nodes[0].service.mean(), 1'036'000, 1);
  node.busy *= 2;  // not of these items alone
  EXPECT_NEAR(model_of(graph({node}), {}).nodes[0].service.mean(), 1'036'000, 40'000);
}

TEST(ModelOf, CountsBytesAsPlaces) {
  const NodeSnapshot read = named("read", "source");
  NodeSnapshot end = named("end", "sink");
  end.inputs.push_back({.from = "read",
                        .depth = 4,
                        .capacity = 16,
                        .high_water = 4,
                        .bytes = 4000,
                        .capacity_bytes = 5000});
  EXPECT_EQ(model_of(graph({read, end}), {}).nodes[1].inputs[0].places(), 5u);
}

TEST(ModelOf, VisitsAreItemsPerItemOfTheFirstSource) {
  const Model model = chain({{"read"},
                             {"batch", 0, 1, 16, 0, Passing::kCollect, 1.0 / 8},
                             {"emit", 0, 1, 2, 0, Passing::kEmit, 4},
                             {"end"}});
  EXPECT_EQ(model.visits(), (std::vector<double>{1, 1, 0.125, 0.5}));
}

TEST(ModelOf, NeedsTheWholeGraph) {
  NodeSnapshot end = named("end", "sink");
  end.inputs.push_back({.from = "read", .capacity = 16});
  EXPECT_EQ(test::error_of([&] { model_of(graph({end}), {}); }),
            "graph 'g': the input of end comes from 'read', which is not in the snapshot; give all "
            "nodes");
}

TEST(ModelOf, GivesAHelperItsShareOfTheItems) {
  Model model = chain({{"read"}, {"decode", 4, 1, 8}, {"end", 0, 1, 32}});
  test::add_helper(model, "decode", {"more", 2});
  const Model found = again(model);
  EXPECT_EQ(found.node("more").helps, found.index("decode"));
  EXPECT_TRUE(found.node("more").inputs.empty());
  EXPECT_NEAR(found.node("more").share, 2 / 3.0, 0.01);
  const std::vector<double> visits = found.visits();
  EXPECT_NEAR(visits[found.index("decode")], 1 / 3.0, 0.01);
  EXPECT_NEAR(visits[found.index("more")], 2 / 3.0, 0.01);
  EXPECT_EQ(visits[found.index("end")], 1);
}

TEST(ModelOf, TakesAHelperThatHasHadNothingForAsFastAsTheNodeItHelps) {
  Model model = chain({{"read"}, {"decode", 4, 1, 8}, {"end", 0, 1, 32}});
  test::add_helper(model, "decode", {"more", 2});
  GraphSnapshot seen = simulate(model).snapshot;
  for (NodeSnapshot& node : seen.nodes) {
    if (node.name != "more") continue;
    node.items_in = 0;
    node.busy = 0;
    node.service = {};
  }
  const Model found = model_of(seen, {.cores = model.cores, .threads = model.threads});
  EXPECT_EQ(found.node("more").service.mean(), found.node("decode").service.mean());
  EXPECT_EQ(found.node("more").share, 0);
}

}  // namespace
}  // namespace forebay
