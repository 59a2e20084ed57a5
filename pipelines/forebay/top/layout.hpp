#pragma once

// The screen of forebay top as lines of styled text: a pure function of two reports.

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <forebay/graph/inspect/verdict.hpp>
#include <forebay/top/measures.hpp>
#include <forebay/top/text.hpp>

namespace forebay {

/// What there is to show.
struct Scene {
  Report earlier, later;           // of one run
  std::optional<Verdict> verdict;  // on that run, or on one of the same graph before
  std::string state;               // "has ended", where it is not running
};

/// What a user wants to see of it, and where.
struct View {
  std::size_t width = 80;
  std::size_t height = 24;     // 0: as many lines as there are
  std::string sort = "graph";  // one of `sort_keys()`
  std::string selected = {};   // node
  bool keys = false;           // whether there are any: then the last line names them
  bool paused = false, help = false;
  std::string message = {};  // of what was done last
};

/// "graph" (from the front to the end), "queue", "busy", ...
const std::vector<std::string>& sort_keys();

/// The nodes in the order in which a view shows them.
std::vector<NodeMeasures> sorted(std::vector<NodeMeasures> nodes, const std::string& key);

/// At most `view.height` lines of at most `view.width` columns. Where not all fits, the table of
/// nodes keeps the selected one, and the picture, the devices and the host give way.
std::vector<Line> layout(const Scene& scene, const View& view);

// The parts.

/// The graph in at most `most` lines: its nodes, and between them how full the queues are.
std::vector<Line> picture(const Measures& measures, const std::string& limit, std::size_t width,
                          std::size_t most);
/// A line of column titles and one per node; columns that do not fit are left out.
std::vector<Line> node_table(const std::vector<NodeMeasures>& nodes, const View& view,
                             const std::string& limit, const std::string& samples);
std::vector<Line> device_lines(const std::vector<DeviceFacts>& devices, const std::string& samples,
                               std::size_t width);
Line host_line(const Measures& measures, const HostSample& host, std::size_t width);
/// What is done, of how much, how fast, and when it ends.
std::vector<Line> progress_lines(const Report& earlier, const Report& later, std::size_t width);
std::vector<Line> help_lines();

}  // namespace forebay
