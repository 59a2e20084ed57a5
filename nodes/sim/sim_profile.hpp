#pragma once

// What a simulated device needs to know of a real one: step times, memory, link speed.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <forebay/nodes/network/network.hpp>

namespace forebay {

/// A training step as it was measured: forward and backward pass over `rows` images.
struct SimPoint {
  std::size_t rows = 0;
  double seconds = 0;
};

/// The size of the network that a profile was measured with.
struct SimNetwork {
  std::string name;        // "resnet-50"
  double flops = 0;        // forward pass of one image, as `forward_flops` counts
  double parameters = 0;   // trained values
  double activations = 0;  // values in all layers' outputs for one image
};

/// One kind of device. A plain value; functions below read it.
struct SimProfile {
  std::string name;                 // "K80"
  std::vector<std::string> source;  // where each figure is from, and how derived ones were derived
  SimNetwork network;
  std::vector<SimPoint> points;  // one or more, rows rising
  double device_bytes = 0;       // memory of the device
  double fixed_bytes = 0;        // taken whatever the rows: weights, gradients, workspaces
  double row_bytes = 0;          // taken by each row of the batch
  double link_speed = 0;         // bytes/s of a device's link in a ring all-reduce; 0: no waiting
};

/// The size of `network`.
SimNetwork sim_network(const Network& network);

/// The profile for another network, an estimate: times in proportion to FLOPs, `fixed_bytes` to
/// parameters, `row_bytes` to activations. For the network it was measured with, the same.
SimProfile scaled_to(const SimProfile& profile, const Network& network);

/// Seconds of a step over `rows` rows. Between two points: the straight line. Beyond the last: the
/// line through the last two goes on. Below the first: that of the first two, but never less than
/// in proportion to rows. With one point: in proportion to rows.
double step_seconds(const SimProfile& profile, std::size_t rows);

/// Memory that `rows` rows take.
double bytes_for_rows(const SimProfile& profile, std::size_t rows);

/// The most rows that fit into the device's memory; 0 where not even one does.
std::size_t most_rows(const SimProfile& profile);

/// Names of the built-in profiles: K80, V100, A100, H100, H200.
const std::vector<std::string>& sim_profile_names();

/// The built-in profile of this name, or that of a file. Throws `Error` naming file and entry where
/// there is none or it is malformed.
SimProfile find_sim_profile(const std::string& name_or_path);

/// A profile from JSON text; `where` names it in errors. docs/simulated-devices.md has the format.
SimProfile parse_sim_profile(std::string_view json, const std::string& where);

/// The text that `parse_sim_profile` reads back.
std::string to_json(const SimProfile& profile);

}  // namespace forebay
