#pragma once

// The history of a graph as the web page reads it.

#include <string>

#include <forebay/graph/inspect/history.hpp>

namespace forebay::detail {

/// {"time", "graphs", "report", "verdict", "steps", "process"}: the steps that ended after `after`,
/// a row of numbers each. A step of the graph is its time and then per node items/s, fill, busy,
/// ready, starved and blocked (percent); one of the process is its time, the shares of idle and I/O
/// wait, bytes/s read and written, processors busy, and then per device busy and memory (percent)
/// and samples/s. `now` and `after` are in seconds since 1970.
std::string to_json(const History& history, const GraphHistory& graph, double after, double now);

}  // namespace forebay::detail
