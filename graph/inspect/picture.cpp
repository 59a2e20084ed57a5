#include <forebay/graph/inspect/picture.hpp>

#include <algorithm>
#include <cmath>
#include <string>

#include <forebay/graph/inspect/layout.hpp>
#include <forebay/graph/inspect/svg.hpp>
#include <forebay/graph/inspect/text.hpp>
#include <forebay/graph/inspect/web.hpp>

namespace forebay {
namespace {

using detail::Box;
using detail::Layout;
using detail::Point;
using detail::svg_attribute;
using detail::svg_number;
using detail::svg_words;
using detail::Wire;
using detail::xml_text;

constexpr double kInset = 10;  // of what is in a box
constexpr double kBar = 9, kBarTop = 27;

std::string over(std::size_t part, std::size_t whole) {
  return std::to_string(part) + "/" + std::to_string(whole);
}

std::string rectangle(const char* kind, double x, double y, double width, double height) {
  return std::string("<rect class=\"") + kind + "\"" + svg_attribute("x", x) +
         svg_attribute("y", y) + svg_attribute("width", width) + svg_attribute("height", height) +
         "/>";
}

std::string depth_text(const NodeSnapshot& node) {
  std::size_t depth = 0, capacity = 0;
  for (const QueueSnapshot& queue : node.inputs) depth += queue.depth, capacity += queue.capacity;
  return node.inputs.empty() ? "" : over(depth, capacity);
}

// What a pointer that rests on the node, and a screen reader, are told.
std::string title(const NodeSnapshot& node) {
  std::string text = node.name + ", " + node.kind + ": ";
  for (const QueueSnapshot& queue : node.inputs) {
    text += std::to_string(queue.depth) + " of " + std::to_string(queue.capacity) +
            " places taken by items from " + queue.from + "; ";
  }
  return text + std::to_string(node.active) + " items at work, " +
         std::to_string(node.concurrency) + " at most";
}

// The bars of the inputs stand side by side.
std::string bars(const NodeSnapshot& node, const Box& box) {
  std::string out;
  const auto count = static_cast<double>(node.inputs.size());
  const double pitch = (box.width - 2 * kInset) / std::max(1.0, count);
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    const QueueSnapshot& queue = node.inputs[i];
    const double x = kInset + pitch * static_cast<double>(i);
    const double width = count > 1 ? pitch - std::min(3.0, pitch / 4) : pitch;
    const double share =
        std::min(1.0, static_cast<double>(queue.depth) /
                          static_cast<double>(std::max<std::size_t>(1, queue.capacity)));
    out += rectangle("queue", x, kBarTop, width, kBar);
    out += rectangle("fill", x, kBarTop, width * share, kBar);
  }
  return out;
}

// At most as many characters as there is room for; the title has all.
std::string shortened(const std::string& name) {
  constexpr std::size_t kMost = 20;
  const std::string text = detail::valid_utf8(name);
  if (text.size() <= kMost) return text;
  std::size_t end = kMost - 1;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "…";
}

std::string box_text(const NodeSnapshot& node, const Box& box) {
  std::string out = "<g class=\"node\" data-node=\"" + xml_text(node.name) +
                    "\" transform=\"translate(" + svg_number(box.x) + " " + svg_number(box.y) +
                    ")\"><title>" + xml_text(title(node)) + "</title>";
  out += rectangle("box", 0, 0, box.width, box.height);
  out += svg_words("name", kInset, 18, shortened(node.name)) + bars(node, box);
  out += svg_words("depth", kInset, 54, depth_text(node));
  out += svg_words("workers", box.width - kInset, 54, over(node.active, node.concurrency));
  return out + svg_words("badge", box.width / 2, -6, "▼ the limit") + "</g>\n";
}

double distance(const Point& a, const Point& b) {
  return std::abs(a.x - b.x) + std::abs(a.y - b.y);
}

Point towards(const Point& from, const Point& to, double length) {
  const double whole = std::max(1e-9, distance(from, to));
  return {from.x + (to.x - from.x) * length / whole, from.y + (to.y - from.y) * length / whole};
}

// A step of a path: "L12 5.5".
std::string step(char command, const Point& point) {
  std::string text(1, command);
  text += svg_number(point.x);
  text += ' ';
  return text += svg_number(point.y);
}

// Rounds the corners.
std::string wire_text(const Wire& wire) {
  constexpr double kRadius = 6, kTip = 7;
  const auto& bends = wire.bends;
  std::string path = step('M', bends.front());
  for (std::size_t i = 1; i + 1 < bends.size(); ++i) {
    const double before = distance(bends[i - 1], bends[i]);
    const double after = distance(bends[i], bends[i + 1]);
    const double radius = std::min({kRadius, before / 2, after / 2});
    path += step('L', towards(bends[i], bends[i - 1], radius));
    path += step('Q', bends[i]);
    path += step(' ', towards(bends[i], bends[i + 1], radius));
  }
  const Point end = bends.back();
  path += step('L', {end.x - kTip, end.y});
  return std::string("<path class=\"wire") + (wire.back ? " back" : "") + "\" d=\"" + path +
         "\"/><path class=\"tip\" d=\"" + step('M', end) + "l-8 -4v8z\"/>\n";
}

}  // namespace

std::string to_svg(const GraphSnapshot& graph) {
  const Layout layout = detail::lay_out(graph);
  const std::string width = svg_number(layout.width), height = svg_number(layout.height);
  std::string out =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"graph\" role=\"img\" width=\"" + width +
      "\" height=\"" + height + "\" viewBox=\"0 0 " + width + " " + height + "\">\n<title>" +
      xml_text(graph.name) + ": a graph of " + std::to_string(graph.nodes.size()) +
      " nodes</title>\n<style>" + std::string(detail::web_file("graph.css")) + "</style>\n";
  for (const Wire& wire : layout.wires) out += wire_text(wire);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    out += box_text(graph.nodes[i], layout.boxes[i]);
  }
  return out + "</svg>\n";
}

std::string to_dot(const GraphSnapshot& graph) {
  using detail::quoted;
  const std::vector<Wire> wires = detail::lay_out(graph).wires;
  std::string out =
      "digraph " + quoted(graph.name) +
      " {\n  rankdir=LR;\n  node [shape=box, style=rounded, fontname=\"sans-serif\"];\n"
      "  edge [fontname=\"sans-serif\", fontsize=10];\n";
  for (const NodeSnapshot& node : graph.nodes) {
    out += "  " + quoted(node.name) + " [label=" +
           quoted(node.name + "\n" + over(node.active, node.concurrency) + " at work") + "];\n";
  }
  for (const Wire& wire : wires) {
    const QueueSnapshot& queue = graph.nodes[wire.to].inputs[wire.input];
    out += "  " + quoted(graph.nodes[wire.from].name) + " -> " + quoted(graph.nodes[wire.to].name) +
           " [label=" + quoted(over(queue.depth, queue.capacity)) +
           (wire.back ? ", style=dashed, constraint=false" : "") + "];\n";
  }
  return out + "}\n";
}

}  // namespace forebay
