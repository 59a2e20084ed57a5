#pragma once

// What a recording shows over time, ready to be drawn.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <forebay/graph/record/recording.hpp>
#include <forebay/graph/report/plot.hpp>
#include <forebay/graph/report/timeline.hpp>

namespace forebay::detail {

/// Samples per second, a line per graph.
Plot throughput(const Recording& recording, const Timeline& timeline);
/// How busy the devices were; of more than four the mean, the least and the most.
Plot devices(const Recording& recording, const Timeline& timeline);
/// What the driver told of GPUs, drawn likewise: busy, memory, power, clock; those that it told.
std::vector<Plot> gpus(const Recording& recording, const Timeline& timeline);
/// Processors of the host: busy, waiting for I/O.
Plot processors(const Recording& recording, const Timeline& timeline);
/// What disks read and wrote, MB/s.
Plot disks(const Recording& recording, const Timeline& timeline);
/// A plot for each figure that the program told and that did not stay the same, with a line for
/// each graph that ran meanwhile.
std::vector<Plot> figures(const Recording& recording, const Timeline& timeline);

/// A node over time; those of one name in several graphs are one.
struct NodeStrips {
  std::string name;
  Strip fill;   // of its fullest queue
  Strip times;  // of its workers: busy, ready, blocked
};
/// In the order of the graphs.
std::vector<NodeStrips> node_strips(const Recording& recording, const Timeline& timeline);

/// What limited the run, and for how much of it.
struct Bottleneck {
  std::string name;  // "decode", "the cores"
  double share = 0;  // of the time in which a graph ran
  double seconds = 0;
};
struct Bottlenecks {
  std::vector<Bottleneck> all;  // that of the most time first; its place is its colour
  std::vector<Span> spans;      // where each was
};
Bottlenecks bottlenecks(const Recording& recording, const Timeline& timeline);

/// What a node did in all steps. Shares are means, percent.
struct NodeSums {
  double items = 0;  // that it sent
  double fill = 0, busy = 0, ready = 0, starved = 0, blocked = 0;
  std::uint64_t errors = 0;
};
/// What a graph did in all steps.
struct GraphSums {
  double seconds = 0, samples = 0;
  std::size_t runs = 0;  // that ended
  std::vector<NodeSums> nodes;
};
GraphSums sums_of(const Recording& recording, std::size_t graph);

}  // namespace forebay::detail
