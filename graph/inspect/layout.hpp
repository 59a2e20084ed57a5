#pragma once

// Where the nodes and edges of a graph go in a picture of it.

#include <cstddef>
#include <vector>

#include <forebay/graph/snapshot.hpp>

namespace forebay::detail {

struct Point {
  double x = 0, y = 0;
};

/// A node: columns run from the sources to the sinks, and go on in a new row like words of a text.
struct Box {
  double x = 0, y = 0, width = 0, height = 0;
  std::size_t row = 0, column = 0;
};

/// An edge, as a line with right angles from the right side of one box to the left side of another.
struct Wire {
  std::size_t from = 0, to = 0;  // nodes
  std::size_t input = 0;         // of `to`
  bool back = false;             // closes a cycle
  std::vector<Point> bends;      // both ends and the corners between
};

/// The same order as the snapshot's nodes. No two boxes overlap, and no wire crosses a box.
struct Layout {
  double width = 0, height = 0;
  std::vector<Box> boxes;
  std::vector<Wire> wires;
};

/// Sizes in pixels.
struct LayoutOptions {
  std::size_t columns = 6;  // of a row, 1 or more
  double box_width = 160, box_height = 64;
  double gap = 44;      // between columns
  double spacing = 26;  // between boxes of a column
};

/// Edges from nodes that the snapshot does not have are left out.
Layout lay_out(const GraphSnapshot& graph, const LayoutOptions& options = {});

}  // namespace forebay::detail
