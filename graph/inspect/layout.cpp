#include <forebay/graph/inspect/layout.hpp>

#include <algorithm>
#include <map>
#include <string>
#include <utility>

namespace forebay::detail {
namespace {

constexpr double kMargin = 28, kLane = 7, kTip = 8;
constexpr std::size_t kLanesInGap = 3;  // then they share

// Nodes ordered by what has to come before them.
class Ranks {
 public:
  Ranks(const GraphSnapshot& graph, std::vector<Wire>& wires)
      : wires_(wires), rank_(graph.nodes.size()), order_(graph.nodes.size()) {
    settle();
    pull_sources();
    collect();
  }

  std::size_t rank(std::size_t node) const { return rank_[node]; }
  std::size_t place(std::size_t node) const { return order_[node]; }
  const std::vector<std::vector<std::size_t>>& columns() const { return columns_; }

 private:
  // The longest way from a source. A cycle that no edge says it closes begins where it is entered.
  void settle() {
    const std::size_t count = rank_.size();
    std::vector<bool> done(count);
    const auto has = [&](std::size_t node, bool from_done) {
      return std::ranges::any_of(wires_, [&](const Wire& wire) {
        return wire.to == node && !wire.back && done[wire.from] == from_done;
      });
    };
    const auto find = [&](const auto& fits) {
      std::size_t node = 0;
      while (node < count && (done[node] || !fits(node))) ++node;
      return node;
    };
    for (std::size_t left = count; left > 0; --left) {
      std::size_t next = find([&](std::size_t node) { return !has(node, false); });
      if (next == count) next = find([&](std::size_t node) { return has(node, true); });
      if (next == count) next = find([](std::size_t) { return true; });
      for (Wire& wire : wires_) {
        if (wire.to != next) continue;
        if (!done[wire.from]) wire.back = true;
        if (!wire.back) rank_[next] = std::max(rank_[next], rank_[wire.from] + 1);
      }
      done[next] = true;
    }
  }

  // One that is needed late stands beside those that it feeds.
  void pull_sources() {
    for (std::size_t node = 0; node < rank_.size(); ++node) {
      std::size_t nearest = rank_.size();
      bool is_source = true;
      for (const Wire& wire : wires_) {
        if (wire.to == node) is_source = false;
        if (wire.from == node && !wire.back) nearest = std::min(nearest, rank_[wire.to]);
      }
      if (is_source && nearest > 0 && nearest < rank_.size()) rank_[node] = nearest - 1;
    }
  }

  // Within a column, by the mean place of what feeds a node, so that few wires cross.
  void collect() {
    for (std::size_t node = 0; node < rank_.size(); ++node) {
      if (columns_.size() <= rank_[node]) columns_.resize(rank_[node] + 1);
      columns_[rank_[node]].push_back(node);
    }
    for (auto& column : columns_) {
      std::map<std::size_t, double> wanted;
      for (const std::size_t node : column) wanted[node] = mean_place(node);
      std::ranges::stable_sort(column, {}, [&](std::size_t node) { return wanted[node]; });
      for (std::size_t i = 0; i < column.size(); ++i) order_[column[i]] = i;
    }
  }

  double mean_place(std::size_t node) const {
    double sum = 0, count = 0;
    for (const Wire& wire : wires_) {
      if (wire.to != node || wire.back) continue;
      sum += static_cast<double>(order_[wire.from]);
      count += 1;
    }
    return count > 0 ? sum / count : 0;
  }

  std::vector<Wire>& wires_;
  std::vector<std::size_t> rank_, order_;
  std::vector<std::vector<std::size_t>> columns_;
};

// Then it sends where that one does.
bool helps(const NodeSnapshot& node, const std::string& other) {
  return !node.helps.empty() && node.helps == other;
}

std::vector<Wire> wires_of(const GraphSnapshot& graph) {
  std::map<std::string, std::size_t> index;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) index.emplace(graph.nodes[i].name, i);
  std::vector<Wire> wires;
  for (std::size_t to = 0; to < graph.nodes.size(); ++to) {
    const auto& inputs = graph.nodes[to].inputs;
    for (std::size_t input = 0; input < inputs.size(); ++input) {
      const auto from = index.find(inputs[input].from);
      if (from == index.end()) continue;
      wires.push_back({from->second, to, input, inputs[input].first > 0, {}});
      for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
        if (helps(graph.nodes[i], from->first)) wires.push_back({i, to, input, false, {}});
      }
    }
  }
  return wires;
}

// Which way a wire goes: straight through the gap between two columns, or along channels, which run
// below the rows, and down or up the left margin where it passes rows.
struct Route {
  bool straight = false;
  std::size_t leaves = 0, arrives = 0;  // channel below that row, the same or another
  std::size_t leave_lane = 0, arrive_lane = 0, margin_lane = 0;
};

class Drawing {
 public:
  Drawing(const GraphSnapshot& graph, const LayoutOptions& options) : graph_(graph), o_(options) {
    layout_.wires = wires_of(graph);
    const Ranks ranks(graph, layout_.wires);
    place_columns(ranks);
    for (const Wire& wire : layout_.wires) routes_.push_back(route(wire));
    place_rows(ranks);
    for (std::size_t i = 0; i < routes_.size(); ++i) bend(layout_.wires[i], routes_[i]);
  }

  Layout take() && { return std::move(layout_); }

 private:
  void place_columns(const Ranks& ranks) {
    for (std::size_t node = 0; node < graph_.nodes.size(); ++node) {
      const std::size_t rank = ranks.rank(node);
      Box box{0, 0, o_.box_width, o_.box_height, rank / o_.columns, rank % o_.columns};
      layout_.boxes.push_back(box);
    }
    channels_.assign((ranks.columns().size() + o_.columns - 1) / o_.columns, 0);
  }

  Route route(const Wire& wire) {
    const Box &from = layout_.boxes[wire.from], &to = layout_.boxes[wire.to];
    Route route;
    route.straight = from.row == to.row && to.column == from.column + 1;
    if (route.straight) return route;
    route.leaves = from.row;
    const bool forward = to.row > from.row;
    route.arrives = forward ? to.row - 1 : to.row;
    route.leave_lane = channels_[route.leaves]++;
    if (route.arrives == route.leaves) {
      route.arrive_lane = route.leave_lane;
    } else {
      route.arrive_lane = channels_[route.arrives]++;
      route.margin_lane = margins_++;
    }
    return route;
  }

  double left() const { return kMargin + kTip + kLane + static_cast<double>(margins_) * kLane; }

  void place_rows(const Ranks& ranks) {
    double y = kMargin;
    for (std::size_t row = 0; row < channels_.size(); ++row) {
      double height = 0;
      const auto column_height = [&](std::size_t rank) {
        const auto count = static_cast<double>(ranks.columns()[rank].size());
        return count * o_.box_height + (count - 1) * o_.spacing;
      };
      const std::size_t first = row * o_.columns;
      const std::size_t last = std::min(first + o_.columns, ranks.columns().size());
      for (std::size_t rank = first; rank < last; ++rank) {
        height = std::max(height, column_height(rank));
      }
      for (std::size_t rank = first; rank < last; ++rank) {
        double top = y + (height - column_height(rank)) / 2;
        for (const std::size_t node : ranks.columns()[rank]) {
          Box& box = layout_.boxes[node];
          box.x = left() + static_cast<double>(rank - first) * (o_.box_width + o_.gap);
          box.y = top;
          top += o_.box_height + o_.spacing;
          layout_.width = std::max(layout_.width, box.x + box.width + kMargin);
        }
      }
      y += height;
      channel_tops_.push_back(y + 2 * kLane);
      y += o_.spacing + kLane * static_cast<double>(channels_[row] + 1);
    }
    layout_.height = y;
  }

  double channel(std::size_t row, std::size_t lane) const {
    return channel_tops_[row] + static_cast<double>(lane) * kLane;
  }

  void bend(Wire& wire, const Route& route) const {
    const Box &from = layout_.boxes[wire.from], &to = layout_.boxes[wire.to];
    const auto inputs = static_cast<double>(graph_.nodes[wire.to].inputs.size());
    const Point begin{from.x + from.width, from.y + from.height / 2};
    const Point end{to.x, to.y + to.height * static_cast<double>(wire.input + 1) / (inputs + 1)};
    wire.bends = {begin};
    if (route.straight) {
      if (begin.y != end.y) {
        const double middle = (begin.x + end.x) / 2;
        wire.bends.insert(wire.bends.end(), {{middle, begin.y}, {middle, end.y}});
      }
    } else {
      const double out =
          begin.x + kTip + kLane * static_cast<double>(route.leave_lane % kLanesInGap);
      const double in =
          end.x - kTip - kLane * static_cast<double>(route.arrive_lane % kLanesInGap + 1);
      const double leave = channel(route.leaves, route.leave_lane);
      const double arrive = channel(route.arrives, route.arrive_lane);
      wire.bends.insert(wire.bends.end(), {{out, begin.y}, {out, leave}});
      if (route.leaves != route.arrives) {
        const double margin = kTip + kLane * static_cast<double>(route.margin_lane);
        wire.bends.insert(wire.bends.end(), {{margin, leave}, {margin, arrive}});
      }
      wire.bends.insert(wire.bends.end(), {{in, arrive}, {in, end.y}});
    }
    wire.bends.push_back(end);
  }

  const GraphSnapshot& graph_;
  const LayoutOptions o_;
  Layout layout_;
  std::vector<Route> routes_;
  std::vector<std::size_t> channels_;  // lanes in use below each row
  std::vector<double> channel_tops_;
  std::size_t margins_ = 0;  // lanes in use
};

}  // namespace

Layout lay_out(const GraphSnapshot& graph, const LayoutOptions& options) {
  return Drawing(graph, options).take();
}

}  // namespace forebay::detail
