// The graph as a picture of a line or two.

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include <forebay/top/layout.hpp>

namespace forebay {
namespace {

constexpr double kBusy = 0.85, kIdle = 0.5;

// Nodes that do the same work side by side, as "forward-backward[0..3]".
struct Group {
  std::string base, name;
  std::vector<const NodeMeasures*> nodes;
};

std::string base_of(const std::string& name) {
  return name.ends_with(']') ? name.substr(0, name.rfind('[')) : name;
}

std::vector<Group> groups_of(const Measures& measures) {
  std::vector<Group> groups;
  for (const NodeMeasures& node : measures.nodes) {
    const std::string base = base_of(node.name);
    if (!groups.empty() && base != node.name && groups.back().base == base) {
      groups.back().nodes.push_back(&node);
      groups.back().name = fmt::format("{}[0..{}]", base, groups.back().nodes.size() - 1);
    } else {
      groups.push_back({base, node.name, {&node}});
    }
  }
  return groups;
}

double fill_of(const Group& group) {
  double most = 0;
  for (const NodeMeasures* node : group.nodes) most = std::max(most, node->fill());
  return most;
}

bool feeds(const Group& before, const Group& after) {
  const std::vector<std::string>& from = after.nodes.front()->from;
  return std::ranges::any_of(before.nodes, [&](const NodeMeasures* node) {
    return std::ranges::find(from, node->name) != from.end();
  });
}

Span name_span(const Group& group, const std::string& limit) {
  double busy = 0, starved = 1;
  for (const NodeMeasures* node : group.nodes) {
    if (node->name == limit) return {printable(group.name), Style::kBad};
    busy = std::max(busy, node->busy + node->ready);
    starved = std::min(starved, node->starved);
  }
  const Style style = busy >= kBusy      ? Style::kStrong
                      : starved >= kIdle ? Style::kFaint
                                         : Style::kPlain;
  return {printable(group.name), style};
}

// An arrow with the queue at its end.
Span arrow(double fill) {
  return {fmt::format("─{}►", level(fill)), fill >= kBusy ? Style::kGood : Style::kPlain};
}

// What is drawn together: an arrow with the node it leads to.
std::vector<Line> pieces_of(const std::vector<Group>& groups, const std::string& limit) {
  std::vector<Line> pieces;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const Group& group = groups[i];
    const NodeMeasures& first = *group.nodes.front();
    Line piece;
    if (i > 0 && (first.from.empty() || !feeds(groups[i - 1], group))) {
      piece.push_back(
          {first.from.empty() ? "  " : fmt::format("  {}", printable(first.from.front()))});
    }
    if (!first.from.empty()) piece.push_back(arrow(fill_of(group)));
    piece.push_back(name_span(group, limit));
    pieces.push_back(std::move(piece));
  }
  for (const Group& group : groups) {
    for (const std::string& from : group.nodes.front()->back_from) {
      pieces.push_back(
          {{fmt::format("  {}↺{}", printable(from), printable(group.name)), Style::kFaint}});
    }
  }
  return pieces;
}

}  // namespace

std::vector<Line> picture(const Measures& measures, const std::string& limit, std::size_t width,
                          std::size_t most) {
  std::vector<Line> lines;
  if (most == 0) return lines;
  lines.emplace_back();
  for (const Line& piece : pieces_of(groups_of(measures), limit)) {
    if (!lines.back().empty() && columns(lines.back()) + columns(piece) > width) {
      if (lines.size() == most) {
        lines.back() = clipped(lines.back(), width - 1);
        lines.back().push_back({"…"});
        return lines;
      }
      lines.emplace_back();
    }
    lines.back().insert(lines.back().end(), piece.begin(), piece.end());
  }
  return lines;
}

}  // namespace forebay
