#pragma once

// A host that is not there: what a training's nodes cost its cores, and the run without a clock.

#include <cstddef>
#include <map>
#include <string>

#include <forebay/graph/diagnose/diagnose.hpp>
#include <forebay/graph/simulate/model.hpp>
#include <forebay/graph/simulate/simulate.hpp>
#include <forebay/nodes/sim/sim_step.hpp>

namespace forebay {

/// What one item takes in a node's body.
struct SimWork {
  ServiceTimes times = {};  // nanoseconds, while nothing else wants the core
  double cpu_share = 1;     // of that on a core, 0 to 1; the rest waits, for a disk or a device
};

/// What one item takes, by the node's name: "read", "decode", "augment", "all-reduce", "update",
/// ... A node that is left out takes no time.
using HostWork = std::map<std::string, SimWork>;

/// The work that `difference`, of two snapshots of one run, measured. Bodies of the pool do not
/// wait, so the time that they had no core is not theirs and is left out. Throws `Error` when it is
/// not a whole graph.
HostWork measured_work(const GraphSnapshot& difference);

/// The same on cores of which each decodes `images_per_second`, more than 0: all times change in
/// the same proportion. Throws `Error` when nothing is known of decoding.
HostWork with_decode_rate(HostWork work, double images_per_second);

/// What decoding and augmenting a photo of 500x375 pixels and 110 kB costs a core of an AMD EPYC
/// of 2021; docs/simulated-devices.md has the command that measured it. The sum of the gradients
/// and the update take no time: the devices' work, where they are GPUs.
HostWork photo_work();

/// The training graph as a model of its run on a host of `cores` cores, with simulated devices that
/// do `step` at a time. `graph` is of a graph of `image_path` and `Trainer`, from a run or before
/// it: its nodes, queues and limits count, its times do not.
Model host_model(const GraphSnapshot& graph, const HostWork& work, const SimStep& step,
                 std::size_t batch_size, double cores);

/// A run of such a model.
struct SimRun {
  GraphSnapshot run = {};        // of the steady part, as a difference of two snapshots
  Machine machine = {};          // that it ran on
  double images_per_second = 0;  // 0 when nothing can move
  double devices_busy = 0;       // mean of the devices, 0 to 1
  double cores_idle = 0;         // of the host's, 0 to 1
};

/// Runs it, in some tenths of a second. Pure; any thread.
SimRun simulate_host(const Model& model);

/// What limits that run: `diagnose` of what it measured, in some seconds for 16 devices. Pure; any
/// thread.
Verdict diagnose(const SimRun& run);

}  // namespace forebay
