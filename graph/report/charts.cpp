#include <forebay/graph/report/charts.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <numeric>
#include <optional>
#include <utility>

namespace forebay::detail {
namespace {

constexpr std::size_t kPlotPieces = 400, kStripPieces = 240;
constexpr double kShortestPiece = 1;  // seconds: steps are no shorter

std::size_t pieces(const Timeline& timeline, std::size_t most) {
  const double whole = std::ceil(timeline.length() / kShortestPiece);
  return static_cast<std::size_t>(std::clamp(whole, 1.0, static_cast<double>(most)));
}

PlotLine line_of(std::string name, const Means& means) {
  PlotLine line{std::move(name), {}};
  for (std::size_t i = 0; i < means.size(); ++i) {
    line.points.emplace_back((static_cast<double>(i) + 0.5) * means.piece(), means[i]);
  }
  return line;
}

// The line of `value_of` each step; those for which it gives a NaN are left out.
PlotLine line_of_steps(const Recording& recording, const Timeline& timeline, std::string name,
                       const std::function<double(const RecordedStep&)>& value_of) {
  Means means(timeline, pieces(timeline, kPlotPieces));
  for (const RecordedStep& step : recording.steps) {
    const double value = value_of(step), end = timeline.at(step.time);
    if (!std::isnan(value)) means.add(end - step.seconds, end, value);
  }
  return line_of(std::move(name), means);
}

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

using DeviceValue = std::function<double(const DeviceStep&)>;  // NaN: it has none

// Of the devices that have one.
std::vector<double> values_of(const RecordedStep& step, const DeviceValue& value_of) {
  std::vector<double> values;
  for (const DeviceStep& device : step.devices) {
    if (const double value = value_of(device); !std::isnan(value)) values.push_back(value);
  }
  return values;
}

// Those that have a value at some time.
std::vector<std::size_t> devices_with(const Recording& recording, const DeviceValue& value_of) {
  std::vector<std::size_t> all;
  for (std::size_t i = 0; i < recording.devices.size(); ++i) {
    const bool has = std::ranges::any_of(recording.steps, [&](const RecordedStep& step) {
      return step.graph && i < step.devices.size() && !std::isnan(value_of(step.devices[i]));
    });
    if (has) all.push_back(i);
  }
  return all;
}

// A line for each device that has values; of more than four their mean, the least and the most.
std::vector<PlotLine> lines_of_devices(const Recording& recording, const Timeline& timeline,
                                       const DeviceValue& value_of) {
  std::vector<PlotLine> lines;
  const auto add = [&](std::string name, const auto& of_step) {
    lines.push_back(line_of_steps(
        recording, timeline, std::move(name),
        [&](const RecordedStep& step) { return step.graph ? of_step(step) : kNone; }));
  };
  const std::vector<std::size_t> shown = devices_with(recording, value_of);
  if (shown.size() <= 4) {
    for (const std::size_t i : shown) {
      add(recording.devices[i].name, [&](const RecordedStep& step) {
        return i < step.devices.size() ? value_of(step.devices[i]) : kNone;
      });
    }
    return lines;
  }
  const auto add_of_all = [&](std::string name, const auto& of_values) {
    add(std::move(name), [&](const RecordedStep& step) {
      const std::vector<double> values = values_of(step, value_of);
      return values.empty() ? kNone : of_values(values);
    });
  };
  add_of_all("mean of " + std::to_string(shown.size()), [](const std::vector<double>& values) {
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  });
  add_of_all("least", [](const std::vector<double>& values) { return std::ranges::min(values); });
  add_of_all("most", [](const std::vector<double>& values) { return std::ranges::max(values); });
  return lines;
}

const std::string& graph_name(const Recording& recording, const RecordedStep& step) {
  static const std::string none;
  return step.graph ? recording.graphs[*step.graph].name : none;
}

std::vector<std::string> graph_names(const Recording& recording) {
  std::vector<std::string> names;
  for (const RecordedGraph& graph : recording.graphs) {
    if (std::ranges::find(names, graph.name) == names.end()) names.push_back(graph.name);
  }
  return names;
}

// One value that was told under a name.
struct Told {
  const RecordedStep* step;
  double value;
  bool means;
};

// By name, then by graph, in the order of time.
using ToldFigures = std::map<std::string, std::map<std::string, std::vector<Told>>>;

ToldFigures told_figures(const Recording& recording) {
  ToldFigures all;
  for (const RecordedStep& step : recording.steps) {
    if (!step.progress || !step.graph) continue;
    const std::vector<RecordedProgress>& shapes = recording.progress[*step.progress];
    for (std::size_t i = 0; i < shapes.size(); ++i) {
      for (std::size_t k = 0; k < shapes[i].figures.size(); ++k) {
        all[shapes[i].figures[k]][graph_name(recording, step)].push_back(
            {&step, step.told[i].at(k + 1), shapes[i].means});
      }
    }
  }
  return all;
}

bool stays_the_same(const std::map<std::string, std::vector<Told>>& by_graph) {
  const double first = by_graph.begin()->second.front().value;
  return std::ranges::all_of(by_graph, [first](const auto& graph) {
    return std::ranges::all_of(graph.second,
                               [first](const Told& told) { return told.value == first; });
  });
}

// Means over all that was done are known when it is done; others are drawn as they were.
PlotLine line_of_told(const std::string& name, const std::vector<Told>& all,
                      const Timeline& timeline) {
  if (all.front().means) {
    PlotLine line{name, {}, true};
    for (const Told& told : all) {
      if (told.step->ends) line.points.emplace_back(timeline.at(told.step->time), told.value);
    }
    return line;
  }
  Means means(timeline, pieces(timeline, kPlotPieces));
  for (const Told& told : all) {
    const double end = timeline.at(told.step->time);
    means.add(end - told.step->seconds, end, told.value);
  }
  PlotLine line = line_of(name, means);
  std::erase_if(line.points, [](const auto& point) { return std::isnan(point.second); });
  return line;
}

// Samples per second of one graph. The last moments of a run are too short to say anything by
// themselves, so each point is of about a piece of time, or of a whole run.
class Rates {
 public:
  explicit Rates(double piece) : piece_(piece) {}

  void add(double end, const RecordedStep& step) {
    const bool goes_on = !stretches_.empty() && !run_ended_;
    if (!goes_on || stretches_.back().seconds + step.seconds > 1.5 * piece_) {
      stretches_.emplace_back();
    }
    Stretch& stretch = stretches_.back();
    stretch.end = end;
    stretch.seconds += step.seconds;
    stretch.samples += step.samples;
    run_ended_ = step.ends;
  }

  std::vector<std::pair<double, double>> points() const {
    std::vector<std::pair<double, double>> all;
    for (const Stretch& each : stretches_) {
      if (each.seconds <= 0) continue;
      all.emplace_back(each.end - each.seconds / 2, each.samples / each.seconds);
    }
    return all;
  }

 private:
  struct Stretch {
    double end = 0, seconds = 0, samples = 0;
  };
  double piece_;
  std::vector<Stretch> stretches_;
  bool run_ended_ = false;
};

// The verdict on a step: of its graph, the first found after it, or else the last.
class Verdicts {
 public:
  explicit Verdicts(const Recording& recording) : recording_(recording) {}

  std::string on(const RecordedStep& step) {
    const auto& all = recording_.verdicts;
    std::size_t& next = next_[*step.graph];
    while (next < all.size() && (all[next].graph != *step.graph || all[next].time < step.time)) {
      if (all[next].graph == *step.graph) last_[*step.graph] = describe(all[next].bound);
      ++next;
    }
    if (next < all.size()) return describe(all[next].bound);
    const auto last = last_.find(*step.graph);
    return last == last_.end() ? describe(Bound{}) : last->second;
  }

 private:
  const Recording& recording_;
  std::map<std::size_t, std::size_t> next_;  // by graph
  std::map<std::size_t, std::string> last_;
};

}  // namespace

Plot throughput(const Recording& recording, const Timeline& timeline) {
  Plot plot{"Throughput, " +
            (recording.graphs.empty() ? "items" : recording.graphs.front().samples) + "/s"};
  const double piece = Means(timeline, pieces(timeline, kPlotPieces)).piece();
  for (const std::string& name : graph_names(recording)) {
    Rates rates(piece);
    for (const RecordedStep& step : recording.steps) {
      if (step.graph && graph_name(recording, step) == name) {
        rates.add(timeline.at(step.time), step);
      }
    }
    plot.lines.push_back({name, rates.points()});
  }
  return plot;
}

Plot devices(const Recording& recording, const Timeline& timeline) {
  return {"Devices busy", " %", 100,
          lines_of_devices(recording, timeline,
                           [](const DeviceStep& device) { return double{1} * device.busy; })};
}

std::vector<Plot> gpus(const Recording& recording, const Timeline& timeline) {
  std::vector<Plot> plots;
  const auto add = [&](Plot plot, float GpuStep::*figure) {
    plot.lines = lines_of_devices(recording, timeline, [figure](const DeviceStep& device) {
      return double{device.gpu.*figure};
    });
    if (!plot.lines.empty()) plots.push_back(std::move(plot));
  };
  add({"GPUs busy, by their driver", " %", 100}, &GpuStep::busy);
  add({"Memory of GPUs, by their driver", " %", 100}, &GpuStep::memory);
  add({"Power of GPUs, W"}, &GpuStep::power);
  add({"SM clock of GPUs, MHz"}, &GpuStep::clock);
  return plots;
}

Plot processors(const Recording& recording, const Timeline& timeline) {
  Plot plot{"Processors of the host", " %", 100};
  plot.lines.push_back(line_of_steps(recording, timeline, "busy", [](const RecordedStep& step) {
    return 100 * (1 - step.host.cpu_idle - step.host.cpu_io_wait);
  }));
  plot.lines.push_back(
      line_of_steps(recording, timeline, "waiting for I/O",
                    [](const RecordedStep& step) { return 100 * step.host.cpu_io_wait; }));
  return plot;
}

Plot disks(const Recording& recording, const Timeline& timeline) {
  Plot plot{"Disks, MB/s"};
  plot.lines.push_back(line_of_steps(recording, timeline, "read", [](const RecordedStep& step) {
    return step.host.disk_read * 1e-6;
  }));
  plot.lines.push_back(line_of_steps(recording, timeline, "written", [](const RecordedStep& step) {
    return step.host.disk_written * 1e-6;
  }));
  return plot;
}

std::vector<Plot> figures(const Recording& recording, const Timeline& timeline) {
  std::vector<Plot> plots;
  for (const auto& [name, by_graph] : told_figures(recording)) {
    if (stays_the_same(by_graph)) continue;
    Plot plot{name};
    for (const std::string& graph : graph_names(recording)) {
      const auto told = by_graph.find(graph);
      if (told == by_graph.end()) continue;
      plot.lines.push_back(line_of_told(graph, told->second, timeline));
    }
    plots.push_back(std::move(plot));
  }
  return plots;
}

std::vector<NodeStrips> node_strips(const Recording& recording, const Timeline& timeline) {
  const std::size_t count = pieces(timeline, kStripPieces);
  struct OfNode {
    std::string name;
    std::vector<Means> means;  // fill, busy, ready, blocked
  };
  std::vector<OfNode> nodes;
  std::vector<std::vector<std::size_t>> places(recording.graphs.size());
  for (std::size_t g = 0; g < recording.graphs.size(); ++g) {
    for (const RecordedNode& node : recording.graphs[g].nodes) {
      auto known = std::ranges::find(nodes, node.name, &OfNode::name);
      if (known == nodes.end()) {
        known = nodes.insert(nodes.end(), {node.name, std::vector(4, Means(timeline, count))});
      }
      places[g].push_back(static_cast<std::size_t>(known - nodes.begin()));
    }
  }
  for (const RecordedStep& step : recording.steps) {
    const double end = timeline.at(step.time), begin = end - step.seconds;
    for (std::size_t i = 0; i < step.nodes.size(); ++i) {
      const NodeStep& node = step.nodes[i];
      std::vector<Means>& means = nodes[places[*step.graph][i]].means;
      const int shares[] = {node.fill, node.busy, node.ready, node.blocked};
      for (std::size_t k = 0; k < means.size(); ++k) means[k].add(begin, end, shares[k] / 100.0);
    }
  }
  std::vector<NodeStrips> strips;
  for (const OfNode& node : nodes) {
    std::vector<std::vector<double>> values;
    for (const Means& means : node.means) {
      values.emplace_back();
      for (std::size_t i = 0; i < count; ++i) values.back().push_back(means[i]);
    }
    strips.push_back({node.name,
                      {{values[0]}, {"fill"}, node.name + ": how full its queue is"},
                      {{values[1], values[2], values[3]},
                       {"busy", "ready", "blocked"},
                       node.name + ": what its workers do"}});
  }
  return strips;
}

Bottlenecks bottlenecks(const Recording& recording, const Timeline& timeline) {
  struct Found {
    double begin, end;
    std::string name;
  };
  std::vector<Found> stretches;
  std::map<std::string, double> seconds;
  double all = 0;
  Verdicts verdicts(recording);
  for (const RecordedStep& step : recording.steps) {
    if (!step.graph) continue;
    const std::string name = verdicts.on(step);
    const double end = timeline.at(step.time), begin = end - step.seconds;
    seconds[name] += step.seconds;
    all += step.seconds;
    const bool goes_on = !stretches.empty() && stretches.back().name == name &&
                         begin - stretches.back().end < kShortestPiece;
    if (goes_on) {
      stretches.back().end = end;
    } else {
      stretches.push_back({begin, end, name});
    }
  }
  Bottlenecks result;
  for (const auto& [name, time] : seconds) result.all.push_back({name, time / all, time});
  std::ranges::stable_sort(result.all, std::greater(), &Bottleneck::seconds);
  for (const Found& found : stretches) {
    const auto place = std::ranges::find(result.all, found.name, &Bottleneck::name);
    result.spans.push_back({found.begin, found.end,
                            static_cast<std::size_t>(place - result.all.begin()),
                            found.name + ", " + clock(found.begin) + " to " + clock(found.end)});
  }
  return result;
}

GraphSums sums_of(const Recording& recording, std::size_t graph) {
  GraphSums sums;
  sums.nodes.resize(recording.graphs[graph].nodes.size());
  for (const RecordedStep& step : recording.steps) {
    if (step.graph != graph) continue;
    sums.seconds += step.seconds;
    sums.samples += step.samples;
    if (step.ends) ++sums.runs;
    for (std::size_t i = 0; i < sums.nodes.size(); ++i) {
      const NodeStep& node = step.nodes[i];
      NodeSums& sum = sums.nodes[i];
      sum.items += static_cast<double>(node.items_per_second) * step.seconds;
      sum.fill += node.fill * step.seconds;
      sum.busy += node.busy * step.seconds;
      sum.ready += node.ready * step.seconds;
      sum.starved += node.starved * step.seconds;
      sum.blocked += node.blocked * step.seconds;
    }
    for (const auto& [node, errors] : step.errors) sums.nodes[node].errors += errors;
  }
  for (NodeSums& sum : sums.nodes) {
    for (double* share : {&sum.fill, &sum.busy, &sum.ready, &sum.starved, &sum.blocked}) {
      *share /= std::max(1e-9, sums.seconds);
    }
  }
  return sums;
}

}  // namespace forebay::detail
