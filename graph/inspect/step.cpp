#include <forebay/graph/inspect/step.hpp>

#include <algorithm>
#include <cmath>

namespace forebay {
namespace {

std::uint8_t percent(double share) {
  if (!(share > 0)) return 0;
  return static_cast<std::uint8_t>(std::lround(100 * std::min(1.0, share)));
}

double seconds(std::int64_t nanoseconds) { return static_cast<double>(nanoseconds) * 1e-9; }

double mean_fill(const QueueSnapshot& queue, double elapsed) {
  return seconds(queue.depth_time) /
         (elapsed * static_cast<double>(std::max<std::size_t>(1, queue.capacity)));
}

NodeStep step_of(const NodeSnapshot& node, double elapsed) {
  NodeStep step;
  step.items_per_second = static_cast<float>(static_cast<double>(node.items_out) / elapsed);
  double fill = 0;
  for (const QueueSnapshot& queue : node.inputs) fill = std::max(fill, mean_fill(queue, elapsed));
  step.fill = percent(fill);
  const auto all = static_cast<double>(node.busy + node.ready + node.starved + node.blocked);
  const auto share = [&](std::int64_t time) {
    return all > 0 ? percent(static_cast<double>(time) / all) : std::uint8_t{0};
  };
  step.busy = share(node.busy);
  step.ready = share(node.ready);
  step.starved = share(node.starved);
  step.blocked = share(node.blocked);
  return step;
}

GpuStep step_of(const GpuFigures& gpu) {
  GpuStep step;
  if (gpu.busy) step.busy = static_cast<float>(100 * *gpu.busy);
  if (gpu.memory_used && gpu.memory_total) {
    step.memory = static_cast<float>(100 * *gpu.memory_used / *gpu.memory_total);
  }
  if (gpu.power) step.power = static_cast<float>(*gpu.power);
  if (gpu.clock) step.clock = static_cast<float>(*gpu.clock * 1e-6);
  return step;
}

DeviceStep step_of(const DeviceFacts& device) {
  const double memory = device.memory_total > 0 ? static_cast<double>(device.memory_used) /
                                                      static_cast<double>(device.memory_total)
                                                : 0;
  return {percent(device.busy), percent(memory), static_cast<float>(device.samples_per_second),
          step_of(device.gpu)};
}

}  // namespace

std::vector<NodeStep> node_steps(const Report& earlier, const Report& later) {
  const GraphSnapshot difference = later.graph - earlier.graph;
  const double elapsed = seconds(difference.elapsed);
  std::vector<NodeStep> steps;
  const std::size_t count = std::min(difference.nodes.size(), kMostStepNodes);
  for (std::size_t i = 0; i < count; ++i) steps.push_back(step_of(difference.nodes[i], elapsed));
  return steps;
}

std::vector<DeviceStep> device_steps(const Report& report) {
  std::vector<DeviceStep> steps;
  const std::size_t count = std::min(report.devices.size(), kMostStepDevices);
  for (std::size_t i = 0; i < count; ++i) steps.push_back(step_of(report.devices[i]));
  return steps;
}

}  // namespace forebay
