#include <forebay/graph/inspect/layout.hpp>

#include <gtest/gtest.h>

#include <algorithm>

#include "snapshots.hpp"

namespace forebay::detail {
namespace {

using test::graph_of;
using test::node_of;
using test::queue_from;
using test::training_graph;

bool overlap(const Box& a, const Box& b) {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

// Whether the line between two bends enters the box.
bool enters(const Point& a, const Point& b, const Box& box) {
  return std::max(a.x, b.x) > box.x && std::min(a.x, b.x) < box.x + box.width &&
         std::max(a.y, b.y) > box.y && std::min(a.y, b.y) < box.y + box.height;
}

void expect_clear(const Layout& layout) {
  for (std::size_t i = 0; i < layout.boxes.size(); ++i) {
    const Box& box = layout.boxes[i];
    EXPECT_TRUE(box.x >= 0 && box.y >= 0 && box.x + box.width <= layout.width &&
                box.y + box.height <= layout.height);
    for (std::size_t k = 0; k < i; ++k) EXPECT_FALSE(overlap(box, layout.boxes[k]));
  }
  for (const Wire& wire : layout.wires) {
    for (std::size_t i = 1; i < wire.bends.size(); ++i) {
      const Point &a = wire.bends[i - 1], &b = wire.bends[i];
      EXPECT_TRUE(a.x == b.x || a.y == b.y) << "only right angles";
      EXPECT_TRUE(std::min(a.x, b.x) >= 0 && std::max(a.x, b.x) <= layout.width);
      EXPECT_TRUE(std::min(a.y, b.y) >= 0 && std::max(a.y, b.y) <= layout.height);
      for (std::size_t n = 0; n < layout.boxes.size(); ++n) {
        EXPECT_FALSE(enters(a, b, layout.boxes[n])) << wire.from << "-" << wire.to << " over " << n;
      }
    }
  }
}

void expect_joined(const Layout& layout) {
  for (const Wire& wire : layout.wires) {
    const Box &from = layout.boxes[wire.from], &to = layout.boxes[wire.to];
    EXPECT_EQ(wire.bends.front().x, from.x + from.width);
    EXPECT_EQ(wire.bends.back().x, to.x);
    EXPECT_TRUE(wire.bends.back().y > to.y && wire.bends.back().y < to.y + to.height);
  }
}

TEST(Layout, ChainsGoOnInTheNextRow) {
  const Layout layout = lay_out(training_graph(1), {.columns = 3});
  EXPECT_EQ(layout.boxes[0].row, 0u);
  EXPECT_EQ(layout.boxes[2].column, 2u);
  EXPECT_EQ(layout.boxes[3].row, 1u);
  EXPECT_EQ(layout.boxes[3].column, 0u);
  EXPECT_GT(layout.boxes[3].y, layout.boxes[0].y + layout.boxes[0].height);
}

TEST(Layout, KeepsBoxesAndWiresApartWhateverTheColumns) {
  for (const std::size_t devices : {1, 2, 5, 16}) {
    for (std::size_t columns = 1; columns < 20; ++columns) {
      const GraphSnapshot graph = training_graph(devices);
      const Layout layout = lay_out(graph, {.columns = columns});
      ASSERT_EQ(layout.boxes.size(), graph.nodes.size());
      EXPECT_EQ(layout.wires.size(), 12 + 2 * devices);
      expect_clear(layout);
      expect_joined(layout);
    }
  }
}

TEST(Layout, BranchesStandInOneColumn) {
  const Layout layout = lay_out(training_graph(3));
  for (const std::size_t device : {8, 9}) {
    EXPECT_EQ(layout.boxes[device].x, layout.boxes[7].x);
    EXPECT_GT(layout.boxes[device].y, layout.boxes[device - 1].y);
  }
}

TEST(Layout, OnlyTheEdgeWithFirstItemsGoesBack) {
  for (const Wire& wire : lay_out(training_graph(2)).wires) {
    EXPECT_EQ(wire.back, wire.to == 5 && wire.input == 1);
  }
}

TEST(Layout, BreaksACycleThatNoEdgeSaysItCloses) {
  const GraphSnapshot graph =
      graph_of("g", {node_of("a", {queue_from("b")}), node_of("b", {queue_from("a")}),
                     node_of("self", {queue_from("self")})});
  const Layout layout = lay_out(graph);
  EXPECT_TRUE(layout.wires[0].back);
  EXPECT_FALSE(layout.wires[1].back);
  EXPECT_TRUE(layout.wires[2].back);
  expect_clear(layout);
}

TEST(Layout, PutsALateSourceBesideWhatItFeeds) {
  const Layout layout = lay_out(
      graph_of("g", {node_of("a"), node_of("b", {queue_from("a")}), node_of("c", {queue_from("b")}),
                     node_of("late"), node_of("join", {queue_from("c"), queue_from("late")})}));
  EXPECT_EQ(layout.boxes[3].column, layout.boxes[2].column);
}

TEST(Layout, LeavesOutEdgesFromNowhere) {
  EXPECT_TRUE(lay_out(graph_of("g", {node_of("a", {queue_from("unknown")})})).wires.empty());
  EXPECT_TRUE(lay_out(graph_of("empty", {})).boxes.empty());
}

}  // namespace
}  // namespace forebay::detail
