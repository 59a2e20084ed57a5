#pragma once

// What happened in a second or so, in few bytes: what histories and recordings are made of.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <forebay/graph/inspect/report.hpp>

namespace forebay {

/// What a node did in one step. Shares are of its workers' time, percent.
struct NodeStep {
  float items_per_second = 0;  // that it sent
  std::uint8_t fill = 0;       // of its fullest queue, mean over the step, percent
  std::uint8_t busy = 0, ready = 0, starved = 0, blocked = 0;
};

/// What a GPU's driver told; what it did not is no number (NAN).
struct GpuStep {
  float busy = NAN, memory = NAN;  // percent
  float power = NAN;               // watts
  float clock = NAN;               // megahertz
};

struct DeviceStep {
  std::uint8_t busy = 0, memory = 0;  // percent
  float samples_per_second = 0;
  GpuStep gpu = {};
};

// Of larger graphs and of more devices the first are kept.
constexpr std::size_t kMostStepNodes = 128, kMostStepDevices = 64;

/// What each node did between two reports of one run.
std::vector<NodeStep> node_steps(const Report& earlier, const Report& later);

/// What the devices did lately.
std::vector<DeviceStep> device_steps(const Report& report);

}  // namespace forebay
