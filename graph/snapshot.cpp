#include <forebay/graph/snapshot.hpp>

#include <algorithm>
#include <cstdio>
#include <ostream>
#include <utility>

#include <forebay/graph/error.hpp>

namespace forebay {
namespace {

// Calls `combine(a, b)` for every counter and every time of `a` and `b`.
template <typename Combine>
void each_counter(QueueSnapshot& a, const QueueSnapshot& b, const Combine& combine) {
  combine(a.depth_time, b.depth_time);
  for (std::size_t i = 0; i < a.level_time.size(); ++i) combine(a.level_time[i], b.level_time[i]);
}

template <typename Combine>
void each_counter(NodeSnapshot& a, const NodeSnapshot& b, const Combine& combine) {
  const std::size_t inputs = std::min(a.inputs.size(), b.inputs.size());
  for (std::size_t i = 0; i < inputs; ++i) each_counter(a.inputs[i], b.inputs[i], combine);
  combine(a.items_in, b.items_in);
  combine(a.items_out, b.items_out);
  combine(a.errors, b.errors);
  combine(a.skipped, b.skipped);
  combine(a.metered, b.metered);
  combine(a.busy, b.busy);
  combine(a.ready, b.ready);
  combine(a.starved, b.starved);
  combine(a.blocked, b.blocked);
  combine(a.limited, b.limited);
  combine(a.cpu, b.cpu);
  combine(a.service, b.service);
}

constexpr auto kAdd = [](auto& a, const auto& b) { a += b; };
constexpr auto kSubtract = [](auto& a, const auto& b) { a -= b; };

std::string percent(std::int64_t part, std::int64_t whole) {
  char text[16];
  const double share =
      whole > 0 ? 100.0 * static_cast<double>(part) / static_cast<double>(whole) : 0.0;
  std::snprintf(text, sizeof text, "%.0f %%", share);
  return text;
}

std::string queue_text(const NodeSnapshot& node, std::int64_t elapsed) {
  if (node.inputs.empty()) return "-";
  // The fullest input says most; mean depth, because at the end of a run every queue is empty.
  double best = -1;
  std::string text;
  for (const QueueSnapshot& queue : node.inputs) {
    const double mean = elapsed > 0
                            ? static_cast<double>(queue.depth_time) / static_cast<double>(elapsed)
                            : static_cast<double>(queue.depth);
    const double fill = mean / static_cast<double>(queue.capacity);
    if (fill <= best) continue;
    best = fill;
    char buffer[48];
    std::snprintf(buffer, sizeof buffer, "%.1f/%zu", mean, queue.capacity);
    text = buffer;
  }
  return text;
}

}  // namespace

const NodeSnapshot& GraphSnapshot::node(const std::string& wanted) const {
  for (const NodeSnapshot& candidate : nodes) {
    if (candidate.name == wanted) return candidate;
  }
  throw Error("graph '" + name + "' has no node '" + wanted + "'");
}

GraphSnapshot operator-(GraphSnapshot later, const GraphSnapshot& earlier) {
  later.elapsed = later.time - earlier.time;
  const std::size_t known = std::min(later.nodes.size(), earlier.nodes.size());  // some came later
  for (std::size_t i = 0; i < known; ++i) each_counter(later.nodes[i], earlier.nodes[i], kSubtract);
  return later;
}

GraphSnapshot& operator+=(GraphSnapshot& sum, const GraphSnapshot& other) {
  std::vector<NodeSnapshot> nodes = other.nodes;
  for (const NodeSnapshot& before : sum.nodes) {
    const auto now = std::ranges::find(nodes, before.name, &NodeSnapshot::name);
    if (now == nodes.end()) {
      nodes.push_back(before);
    } else {
      each_counter(*now, before, kAdd);
    }
  }
  sum.name = other.name;
  sum.time = other.time;
  sum.elapsed += other.elapsed;
  sum.nodes = std::move(nodes);
  return sum;
}

std::ostream& operator<<(std::ostream& out, const GraphSnapshot& snapshot) {
  std::size_t width = 4;
  for (const NodeSnapshot& node : snapshot.nodes) width = std::max(width, node.name.size());
  char line[256];
  std::snprintf(line, sizeof line, "%-*s  %10s  %7s  %6s  %6s  %7s  %7s  %9s  %9s  %9s\n",
                static_cast<int>(width), "node", "mean queue", "workers", "busy", "ready",
                "starved", "blocked", "items/s", "p50 ms", "p99 ms");
  out << line;
  const double seconds = static_cast<double>(snapshot.elapsed) * 1e-9;
  for (const NodeSnapshot& node : snapshot.nodes) {
    const std::int64_t whole = node.busy + node.ready + node.starved + node.blocked;
    const std::string workers = std::to_string(node.concurrency);
    std::snprintf(line, sizeof line, "%-*s  %10s  %7s  %6s  %6s  %7s  %7s  %9.1f  %9.3f  %9.3f",
                  static_cast<int>(width), node.name.c_str(),
                  queue_text(node, snapshot.elapsed).c_str(), workers.c_str(),
                  percent(node.busy, whole).c_str(), percent(node.ready, whole).c_str(),
                  percent(node.starved, whole).c_str(), percent(node.blocked, whole).c_str(),
                  seconds > 0 ? static_cast<double>(node.items_out) / seconds : 0.0,
                  static_cast<double>(node.service.quantile(0.5)) * 1e-6,
                  static_cast<double>(node.service.quantile(0.99)) * 1e-6);
    out << line;
    if (node.skipped > 0) out << "  (" << node.skipped << " skipped)";
    out << '\n';
  }
  return out;
}

}  // namespace forebay
