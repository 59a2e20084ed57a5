#pragma once

// What a training would do with devices and a host that one does not have.

#include <cstddef>
#include <vector>

#include <forebay/graph/diagnose/diagnose.hpp>
#include <forebay/graph/simulate/model.hpp>
#include <forebay/nodes/network/network.hpp>
#include <forebay/nodes/sim/sim_host.hpp>
#include <forebay/nodes/sim/sim_profile.hpp>

namespace forebay {

/// A training with the graph of train_imagenet on simulated devices:
///
///     SimTraining training{.network = resnet(50), .profile = find_sim_profile("K80")};
///     training.devices = 16, training.batch_size = 704, training.cores = 64;
///     training.work = with_decode_rate(photo_work(), 100);
///     const SimRun run = simulate(training);
///     const Verdict verdict = diagnose(run);
///     std::cout << run.run << describe(verdict, "images");
///     training.changes = verdict.changes;  // and simulate again
struct SimTraining {
  Network network = {};
  SimProfile profile = {};  // of any network: scaled to this one
  std::size_t devices = 1;
  std::size_t batch_size = 32;  // images of a step, over all devices
  double cores = 1;             // of the host
  std::size_t decode_threads = 4;
  HostWork work = {};
  std::vector<SettingChange> changes = {};  // of the graph, one after another
};

/// Its graph as a model. Takes the memory of the network's weights three times while it works.
/// Throws `Error` when the devices cannot share the batch or it does not fit into their memory, and
/// when the graph refuses a change.
Model model_of(const SimTraining& training);

/// `simulate_host` of that.
SimRun simulate(const SimTraining& training);

}  // namespace forebay
