#pragma once

// What bodies did and how full queues were, one by one: the matter of a timeline.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <forebay/graph/actions.hpp>

namespace forebay {

/// One call of a node's body.
struct TracedBody {
  std::uint32_t node = 0;           // index into `Trace::nodes`
  Sequence item = 0;                // its place in the stream that goes into the node
  std::int64_t begin = 0, end = 0;  // steady clock, nanoseconds
};

/// How many items waited in one input queue.
struct TracedDepth {
  std::uint32_t node = 0, input = 0;  // index into `Trace::nodes`, and into its inputs
  std::size_t depth = 0;
  std::int64_t time = 0;  // steady clock, nanoseconds
};

struct TracedNode {
  std::string name;
  std::vector<std::string> inputs;  // the nodes that feed it
};

/// A piece of a graph's timeline. Bodies are in the order in which they ended, nearly.
struct Trace {
  std::string graph;
  std::vector<TracedNode> nodes;  // in the order they were declared
  std::vector<TracedBody> bodies;
  std::vector<TracedDepth> depths;
  std::uint64_t dropped = 0;  // of both, for want of room
};

}  // namespace forebay
