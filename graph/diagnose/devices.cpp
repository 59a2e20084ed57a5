#include <forebay/graph/diagnose/devices.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <forebay/graph/diagnose/search.hpp>

namespace forebay::detail {
namespace {

struct Spread {
  double mean = 0, error = 0;  // of the mean
};

// Of a device's time for an item, what is its own: a replica on this host that mostly computes also
// waits for cores that others use, and is not slower for that.
Spread own_time(const NodeSnapshot& node, const ModelNode& model) {
  const double mean = model.service.mean();
  const double own = model.cpu_share > 0.5 ? model.cpu_share : 1;
  double squares = 0;
  node.service.each([&](std::int64_t nanoseconds, std::uint64_t count) {
    const double off = static_cast<double>(nanoseconds) - mean;
    squares += off * off * static_cast<double>(count);
  });
  const auto n = static_cast<double>(std::max<std::uint64_t>(1, node.service.count()));
  return {mean * own, std::sqrt(squares) / n * own};
}

// The batch node that feeds `device`, if any.
std::optional<std::size_t> batch_before(const Model& model, std::size_t device) {
  for (std::size_t i = device; !model.nodes[i].inputs.empty();) {
    if (model.nodes[i].passing == Passing::kCollect) return i;
    std::size_t next = i;
    for (const ModelQueue& queue : model.nodes[i].inputs) {
      if (queue.first == 0) {
        next = queue.from;
        break;
      }
    }
    if (next == i) break;
    i = next;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Straggler> straggler(const GraphSnapshot& graph, const Machine& machine,
                                   const Model& model) {
  std::vector<Spread> devices;
  std::vector<std::string> names;
  for (const std::string& name : machine.devices) {
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
      if (graph.nodes[i].name != name) continue;
      devices.push_back(own_time(graph.nodes[i], model.nodes[i]));
      names.push_back(name);
    }
  }
  if (devices.size() < 2) return std::nullopt;
  const auto less = [](const Spread& a, const Spread& b) { return a.mean < b.mean; };
  const auto slowest = std::max_element(devices.begin(), devices.end(), less);
  const Spread slow = *slowest;
  const std::string node = names[static_cast<std::size_t>(slowest - devices.begin())];
  devices.erase(slowest);
  const auto middle = devices.begin() + static_cast<std::ptrdiff_t>(devices.size() / 2);
  std::nth_element(devices.begin(), middle, devices.end(), less);
  const double slower = slow.mean / middle->mean - 1;
  const bool by_chance = slow.mean - middle->mean < 3 * std::hypot(slow.error, middle->error);
  if (!(slower >= kWorthIt) || by_chance) return std::nullopt;
  Model equal = model;
  equal.node(node).service = equal.node(node).service.scaled(1 / (1 + slower));
  return Straggler{node, slower, rate(equal)};
}

std::optional<double> larger_batch(const Model& model, const Machine& machine) {
  Model twice = model;
  std::optional<std::size_t> batch;
  for (std::size_t i = 0; i < model.nodes.size(); ++i) {
    const std::vector<std::string>& devices = machine.devices;
    if (std::find(devices.begin(), devices.end(), model.nodes[i].name) == devices.end()) continue;
    twice.nodes[i].service = twice.nodes[i].service.scaled(2);
    if (!batch) batch = batch_before(model, i);
  }
  if (!batch) return std::nullopt;
  twice.nodes[*batch].per_item /= 2;
  return std::max(0.0, rate(twice) / rate(model) - 1);
}

}  // namespace forebay::detail
