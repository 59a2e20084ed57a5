// The table of nodes, with as many columns as fit.

#include <algorithm>
#include <functional>
#include <utility>

#include <fmt/format.h>

#include <common/terminal.hpp>
#include <forebay/top/layout.hpp>

namespace forebay {
namespace {

constexpr std::size_t kNarrowestName = 8, kNarrowestBar = 6, kWidestBar = 24;

struct Column {
  std::string title;
  std::size_t width;
  int rank;  // those of the largest are left out first
  std::function<std::string(const NodeMeasures&)> text;
};

std::string share(double value) { return percent_text(value); }

std::string depth_text(const NodeMeasures& node) {
  return node.source ? "" : fmt::format("{:.0f}/{}", node.depth, node.capacity);
}

std::vector<Column> all_columns(const std::vector<NodeMeasures>& nodes,
                                const std::string& samples) {
  using Node = NodeMeasures;
  const bool errors = std::ranges::any_of(nodes, [](const Node& n) { return n.errors > 0; });
  return {
      {"queue", 8, 1, depth_text},
      {"high", 5, 9, [](const Node& n) { return n.source ? "" : std::to_string(n.high_water); }},
      {"work", 5, 2, [](const Node& n) { return fmt::format("{}/{}", n.active, n.concurrency); }},
      {samples + "/s", std::max<std::size_t>(7, samples.size() + 2), 0,
       [](const Node& n) { return rate_text(n.samples_per_second); }},
      {"bsy", 3, 0, [](const Node& n) { return share(n.busy); }},
      {"rdy", 3, 8, [](const Node& n) { return share(n.ready); }},
      {"stv", 3, 3, [](const Node& n) { return share(n.starved); }},
      {"blk", 3, 3, [](const Node& n) { return share(n.blocked); }},
      {"lim", 3, 5, [](const Node& n) { return share(n.limited); }},
      {"p50", 5, 6, [](const Node& n) { return seconds_text(n.p50); }},
      {"p99", 5, 4, [](const Node& n) { return seconds_text(n.p99); }},
      {"err", 4, errors ? 0 : 7,
       [](const Node& n) { return n.errors > 0 ? std::to_string(n.errors) : ""; }},
  };
}

struct Sizes {
  std::vector<Column> columns;
  std::size_t name = 0, bar = 0;
};

std::size_t width_of(const std::vector<Column>& columns) {
  std::size_t sum = 0;
  for (const Column& column : columns) sum += 1 + column.width;
  return sum;
}

// A mark, the name, the bar, the columns.
Sizes sizes_for(const std::vector<NodeMeasures>& nodes, std::size_t width,
                const std::string& samples) {
  Sizes sizes{all_columns(nodes, samples), kNarrowestName, 0};
  std::size_t longest = kNarrowestName;
  for (const NodeMeasures& node : nodes) longest = std::max(longest, columns(node.name));
  const std::size_t wanted = 1 + std::min<std::size_t>(longest, 18) + 1 + kNarrowestBar;
  while (sizes.columns.size() > 1 && width_of(sizes.columns) + wanted > width) {
    sizes.columns.erase(std::ranges::max_element(sizes.columns, {}, &Column::rank));
  }
  const std::size_t fixed = 1 + width_of(sizes.columns);
  const std::size_t rest = width > fixed ? width - fixed : 0;
  const std::size_t name_alone = std::min(longest, std::max(rest, std::size_t{1}));
  sizes.name = rest > longest + 1 + kNarrowestBar          ? longest
               : rest > kNarrowestName + 1 + kNarrowestBar ? rest - 1 - kNarrowestBar
                                                           : name_alone;
  if (rest > sizes.name + kNarrowestBar) {
    sizes.bar = std::min(kWidestBar, rest - sizes.name - 1);
  }
  return sizes;
}

Line title_line(const Sizes& sizes) {
  std::string text = fmt::format(" {}", left("node", sizes.name));
  if (sizes.bar > 0) text += fmt::format(" {}", left("fill", sizes.bar));
  for (const Column& column : sizes.columns)
    text += fmt::format(" {}", right(column.title, column.width));
  return {{text, Style::kTitle}};
}

Line row(const NodeMeasures& node, const Sizes& sizes, bool selected, bool is_limit) {
  const Style rest = selected ? Style::kChosen : Style::kPlain;
  Line line{{is_limit ? "!" : " ", selected ? rest : Style::kBad},
            {left_keeping_end(printable(node.name), sizes.name), selected   ? rest
                                                                 : is_limit ? Style::kBad
                                                                            : Style::kStrong}};
  if (sizes.bar > 0) {
    const double mark = node.capacity > 0 ? static_cast<double>(node.high_water) /
                                                static_cast<double>(node.capacity)
                                          : 0;
    line.push_back({" ", rest});
    line.push_back({node.source ? std::string(sizes.bar, ' ') : bar(node.fill(), mark, sizes.bar),
                    selected ? rest : Style::kGood});
  }
  for (const Column& column : sizes.columns) {
    line.push_back({fmt::format(" {}", right(column.text(node), column.width)), rest});
  }
  return line;
}

}  // namespace

const std::vector<std::string>& sort_keys() {
  static const std::vector<std::string> keys{"graph",   "name",    "queue",   "rate", "busy",
                                             "starved", "blocked", "limited", "time", "errors"};
  return keys;
}

std::vector<NodeMeasures> sorted(std::vector<NodeMeasures> nodes, const std::string& key) {
  const auto by = [&nodes](const auto& value) {
    std::ranges::stable_sort(nodes, std::ranges::greater{}, value);
  };
  if (key == "name") std::ranges::stable_sort(nodes, {}, &NodeMeasures::name);
  if (key == "queue") by(&NodeMeasures::fill);
  if (key == "rate") by(&NodeMeasures::samples_per_second);
  if (key == "busy") by(&NodeMeasures::busy);
  if (key == "starved") by(&NodeMeasures::starved);
  if (key == "blocked") by(&NodeMeasures::blocked);
  if (key == "limited") by(&NodeMeasures::limited);
  if (key == "time") by(&NodeMeasures::p99);
  if (key == "errors") by(&NodeMeasures::errors);
  return nodes;
}

std::vector<Line> node_table(const std::vector<NodeMeasures>& nodes, const View& view,
                             const std::string& limit, const std::string& samples) {
  const Sizes sizes = sizes_for(nodes, view.width, samples);
  std::vector<Line> lines{title_line(sizes)};
  for (const NodeMeasures& node : nodes) {
    lines.push_back(row(node, sizes, node.name == view.selected, node.name == limit));
  }
  return lines;
}

}  // namespace forebay
