#pragma once

// A graph as a picture, with what is in its queues.

#include <string>

#include <forebay/graph/snapshot.hpp>

namespace forebay {

/// For Graphviz: `dot -Tpdf`. Edges that close a cycle are dashed.
std::string to_dot(const GraphSnapshot& graph);

/// A picture by itself: for a browser, in light and dark. A box per node with its name, a bar per
/// input queue, and items at work / most at once.
std::string to_svg(const GraphSnapshot& graph);

}  // namespace forebay
