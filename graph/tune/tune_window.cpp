#include <forebay/graph/tune/tune_window.hpp>

#include <algorithm>
#include <utility>

#include <forebay/graph/error.hpp>

namespace forebay {
namespace {

bool same_settings(const NodeSnapshot& a, const NodeSnapshot& b) {
  return a.concurrency == b.concurrency &&
         std::equal(a.inputs.begin(), a.inputs.end(), b.inputs.begin(), b.inputs.end(),
                    [](const QueueSnapshot& x, const QueueSnapshot& y) {
                      return x.capacity == y.capacity && x.capacity_bytes == y.capacity_bytes;
                    });
}

}  // namespace

bool same_settings(const GraphSnapshot& a, const GraphSnapshot& b) {
  return std::equal(
      a.nodes.begin(), a.nodes.end(), b.nodes.begin(), b.nodes.end(),
      [](const NodeSnapshot& x, const NodeSnapshot& y) { return same_settings(x, y); });
}

std::size_t last_node(const GraphSnapshot& graph) {
  const std::vector<NodeSnapshot>& nodes = graph.nodes;
  std::size_t best = nodes.size();
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (!nodes[i].outputs.empty()) continue;
    if (best == nodes.size() || nodes[i].items_in > nodes[best].items_in) best = i;
  }
  if (best == nodes.size()) throw Error("graph '" + graph.name + "' has no end");
  return best;
}

std::optional<GraphSnapshot> TuneWindow::add(const GraphSnapshot& now) {
  // While a run drains, nodes do nothing because there is nothing more.
  if (std::any_of(now.nodes.begin(), now.nodes.end(),
                  [](const auto& node) { return node.ended; })) {
    return std::nullopt;
  }
  if (!since_ || !same_settings(*since_, now)) {
    restart();
    since_ = now;
  }
  const std::size_t last = last_node(now);
  const std::uint64_t ends = now.nodes[last].items_in;
  // Only as an item has just come is it known how long the ones before it took.
  const bool just_came = last_ends_ && ends > *last_ends_;
  last_ends_ = ends;
  if (!just_came) return std::nullopt;

  const GraphSnapshot& from = begin_ ? *begin_ : *since_;
  const double seconds = static_cast<double>(now.time - from.time) * 1e-9;
  const std::uint64_t seen = ends - from.nodes[last].items_in;
  if (!begin_) {
    if (seconds >= options_.settle && seen >= options_.settle_ends) begin_ = now;
    return std::nullopt;
  }
  const bool enough = (seconds >= options_.seconds && seen >= options_.ends) ||
                      (seconds >= options_.long_seconds && seen >= options_.few_ends);
  if (!enough) return std::nullopt;
  return now - *std::exchange(begin_, now);
}

}  // namespace forebay
