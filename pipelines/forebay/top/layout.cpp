#include <forebay/top/layout.hpp>

#include <algorithm>
#include <sstream>
#include <utility>

#include <fmt/format.h>

#include <common/terminal.hpp>

namespace forebay {
namespace {

constexpr std::size_t kFewestNodes = 4, kMostPicture = 3, kMostVerdict = 6;

// "train_imagenet 4711  graph train_imagenet  for 1:23" and, at the right, what is unusual.
Line title(const Scene& scene, const View& view) {
  const Report& report = scene.later;
  std::string text = fmt::format("{} {}  graph {}  for {}", printable(report.process.program),
                                 report.process.pid, printable(report.run.name),
                                 clock_text(static_cast<double>(report.graph.elapsed) * 1e-9));
  std::string state = scene.state;
  if (view.paused) state += state.empty() ? "paused" : ", paused";
  const std::size_t used = columns(text);
  const std::size_t gap =
      view.width > used + columns(state) ? view.width - used - columns(state) : 2;
  if (view.keys || !state.empty()) text += std::string(gap, ' ');
  return {{text, Style::kTitle}, {state, Style::kChosen}};
}

std::vector<Line> verdict_lines(const Scene& scene, std::size_t width) {
  std::vector<Line> lines;
  const std::string text =
      scene.verdict ? describe(*scene.verdict, scene.later) : "looking for what limits the run ...";
  std::istringstream sentences(text);
  for (std::string sentence; std::getline(sentences, sentence);) {
    for (std::string& line : wrapped(printable(sentence), width)) {
      lines.push_back({{std::move(line), lines.empty() ? Style::kBad : Style::kPlain}});
    }
  }
  if (lines.size() > kMostVerdict) lines.resize(kMostVerdict);
  return lines;
}

Line last_line(const View& view) {
  if (!view.message.empty()) return {{printable(view.message), Style::kStrong}};
  std::string text = "q quit  h help  space pause  s sort: " + view.sort;
  if (!view.selected.empty()) text += "  +/- workers of " + printable(view.selected);
  return {{text, Style::kFaint}};
}

// As many rows as there is room for, the selected one among them.
std::vector<Line> scrolled(std::vector<Line> table, const std::vector<NodeMeasures>& nodes,
                           const View& view, std::size_t room) {
  if (table.size() <= room || room < 2) {
    table.resize(std::min(table.size(), room));
    return table;
  }
  const auto chosen = std::ranges::find(nodes, view.selected, &NodeMeasures::name);
  const auto at = chosen == nodes.end() ? 0 : static_cast<std::size_t>(chosen - nodes.begin());
  const std::size_t rows = room - 1;
  const std::size_t first = std::min(at >= rows ? at - rows + 1 : 0, nodes.size() - rows);
  std::vector<Line> shown{table.front()};
  for (std::size_t i = 0; i < rows; ++i) shown.push_back(table[1 + first + i]);
  const std::string which = fmt::format("node {}-{}/{}", first + 1, first + rows, nodes.size());
  std::string& titles = shown.front().front().text;
  if (titles.substr(1, which.size() + 1) == left("node", which.size() + 1)) {
    titles.replace(1, which.size(), which);
  }
  return shown;
}

// Sections of the screen, from above to below.
struct Sections {
  std::vector<Line> head, picture, table, devices, host, verdict, foot;

  std::size_t without_table() const {
    return head.size() + picture.size() + devices.size() + host.size() + verdict.size() +
           foot.size();
  }
};

void shrink(std::vector<Line>& lines, std::size_t& missing, std::size_t least) {
  const std::size_t spare = lines.size() > least ? lines.size() - least : 0;
  const std::size_t gone = std::min(spare, missing);
  lines.resize(lines.size() - gone);
  missing -= gone;
}

// Leaves out what is needed least until the table has room for a few rows.
void make_room(Sections& sections, std::size_t height) {
  const std::size_t wanted =
      sections.without_table() + std::min(sections.table.size(), 1 + kFewestNodes);
  std::size_t missing = wanted > height ? wanted - height : 0;
  shrink(sections.picture, missing, 1);
  shrink(sections.verdict, missing, 2);
  shrink(sections.devices, missing, 1);
  shrink(sections.picture, missing, 0);
  shrink(sections.host, missing, 0);
  shrink(sections.devices, missing, 0);
  shrink(sections.head, missing, 1);
  shrink(sections.verdict, missing, 0);
}

}  // namespace

std::vector<Line> layout(const Scene& scene, const View& view) {
  const Measures measures = measure(scene.earlier, scene.later);
  const std::vector<NodeMeasures> nodes = sorted(measures.nodes, view.sort);
  const std::string limit = scene.verdict ? scene.verdict->bound.node : "";
  const std::string samples =
      scene.later.roles.samples.empty() ? "items" : printable(scene.later.roles.samples);

  Sections sections;
  sections.head = progress_lines(scene.earlier, scene.later, view.width);
  sections.head.insert(sections.head.begin(), title(scene, view));
  if (view.keys) sections.foot.push_back(last_line(view));
  if (view.help) {
    sections.table = help_lines();
  } else {
    sections.picture = picture(measures, limit, view.width, kMostPicture);
    sections.table = node_table(nodes, view, limit, samples);
    sections.devices = device_lines(scene.later.devices, samples, view.width);
    sections.host = {host_line(measures, scene.later.host, view.width)};
    sections.verdict = verdict_lines(scene, view.width);
  }
  if (view.height > 0) {
    make_room(sections, view.height);
    const std::size_t others = sections.without_table();
    const std::size_t room = view.height > others ? view.height - others : 0;
    if (view.help) {
      sections.table.resize(std::min(sections.table.size(), room));
    } else {
      sections.table = scrolled(std::move(sections.table), nodes, view, room);
    }
  }
  std::vector<Line> lines;
  for (const auto* part : {&sections.head, &sections.picture, &sections.table, &sections.devices,
                           &sections.host, &sections.verdict, &sections.foot}) {
    for (const Line& line : *part) lines.push_back(clipped(line, view.width));
  }
  if (view.height > 0 && lines.size() > view.height) lines.resize(view.height);
  return lines;
}

}  // namespace forebay
