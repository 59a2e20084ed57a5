// History in made-up time: what is kept, and for how long.

#include <forebay/graph/inspect/history.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <forebay/graph/inspect/history_json.hpp>

#include "snapshots.hpp"

namespace forebay::detail {
namespace {

using Json = nlohmann::json;
using testing::ElementsAre;

constexpr std::int64_t kSecond = 1'000'000'000;

// A graph that has done a hundred items a second since it began.
class HistoryTest : public testing::Test {
 protected:
  std::uint64_t begin(const std::string& name) {
    return registry_.enter({name,
                            [this, name, began = now_] { return snapshot(name, now_ - began); },
                            [](std::string_view, std::string_view) {}});
  }
  static GraphSnapshot snapshot(const std::string& name, std::int64_t seconds) {
    GraphSnapshot graph = test::graph_of(
        name, {test::node_of("read"), test::node_of("save", {test::queue_from("read", 4, 16)})});
    graph.time = 5'000 * kSecond + seconds * kSecond;
    graph.elapsed = seconds * kSecond;
    for (NodeSnapshot& node : graph.nodes) {
      node.items_in = node.items_out = static_cast<std::uint64_t>(100 * seconds);
      node.busy = seconds * kSecond;
      node.blocked = 3 * seconds * kSecond;
    }
    graph.nodes[1].inputs[0].depth_time = 4 * seconds * kSecond;
    return graph;
  }
  void pass(int seconds) {
    for (int i = 0; i < seconds; ++i) history_.step(static_cast<double>(++now_));
  }

  std::int64_t now_ = 1000;
  Registry registry_;
  History history_{registry_};
};

TEST_F(HistoryTest, IsEmptyBeforeAnythingRan) {
  pass(3);
  EXPECT_EQ(history_.find(std::nullopt), nullptr);
  EXPECT_EQ(history_.process().size(), 2u);
}

TEST_F(HistoryTest, HasRatesAndSharesOfEachSecond) {
  begin("g");
  pass(3);
  const GraphHistory* graph = history_.find("g");
  ASSERT_NE(graph, nullptr);
  ASSERT_EQ(graph->steps.size(), 3u);
  EXPECT_EQ(graph->steps.back().time, 1003);
  const NodeStep& save = graph->steps.back().nodes.at(1);
  EXPECT_EQ(save.items_per_second, 100);
  EXPECT_EQ(save.fill, 25);
  EXPECT_EQ(save.busy, 25);
  EXPECT_EQ(save.blocked, 75);
}

TEST_F(HistoryTest, KeepsTenMinutes) {
  begin("g");
  pass(700);
  const GraphHistory* graph = history_.find("g");
  EXPECT_EQ(graph->steps.size(), 600u);
  EXPECT_EQ(graph->steps.front().time, 1101);
  EXPECT_EQ(history_.process().size(), 600u);
}

TEST_F(HistoryTest, GoesOnFromRunToRunOfOneName) {
  const auto first = begin("g");
  pass(3);
  registry_.leave(first);
  begin("g");
  pass(3);
  EXPECT_EQ(history_.find("g")->steps.size(), 6u);
  EXPECT_THAT(history_.names(), ElementsAre("g"));
}

TEST_F(HistoryTest, KeepsAGraphThatHasEnded) {
  registry_.leave(begin("a"));
  begin("b");
  pass(2);
  EXPECT_THAT(history_.names(), ElementsAre("a", "b"));
  EXPECT_FALSE(history_.find("a")->last.run.running);
  EXPECT_EQ(history_.find(std::nullopt), history_.find("b"));
}

TEST_F(HistoryTest, OfManyNamesTheOneSeenLongestAgoIsForgotten) {
  for (const char* name : {"a", "b", "c", "d", "e"}) {
    const auto run = begin(name);
    pass(1);
    registry_.leave(run);
  }
  EXPECT_THAT(history_.names(), ElementsAre("b", "c", "d", "e"));
}

TEST_F(HistoryTest, AsJsonHasTheStepsThatEndedLater) {
  begin("g");
  pass(5);
  const GraphHistory& graph = *history_.find("g");
  const Json json = Json::parse(to_json(history_, graph, 1003, 1005.5));
  EXPECT_EQ(json["time"], 1005.5);
  EXPECT_EQ(json["graphs"], Json({"g"}));
  EXPECT_EQ(json["report"]["graph"]["nodes"][1]["name"], "save");
  EXPECT_EQ(json["steps"], Json::parse("[[1004,100,0,25,0,0,75,100,25,25,0,0,75],"
                                       "[1005,100,0,25,0,0,75,100,25,25,0,0,75]]"));
  EXPECT_EQ(json["process"].size(), 2u);
  EXPECT_EQ(json["process"][0].size(), 6u);
}

}  // namespace
}  // namespace forebay::detail
