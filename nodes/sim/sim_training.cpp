#include <forebay/nodes/sim/sim_training.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>

#include <forebay/graph/error.hpp>
#include <forebay/graph/graph.hpp>
#include <forebay/nodes/batch/image_path.hpp>
#include <forebay/nodes/sim/sim_replica.hpp>
#include <forebay/nodes/train/trainer.hpp>

namespace forebay {
namespace {

std::size_t rows_of(const SimTraining& training) {
  if (training.devices < 1) throw Error("there are 0 devices; give 1 or more");
  if (training.batch_size < training.devices || training.batch_size % training.devices != 0) {
    throw Error(fmt::format("{} devices cannot share a batch of {} evenly; give a multiple of {}",
                            training.devices, training.batch_size, training.devices));
  }
  return training.batch_size / training.devices;
}

ImagePathOptions path_of(const SimTraining& training) {
  ImagePathOptions path;
  path.decode_concurrency = std::max<std::size_t>(1, training.decode_threads);
  path.augment_concurrency = std::max<std::size_t>(1, path.decode_concurrency / 2);
  return path;
}

}  // namespace

// The graph is built and not run.
Model model_of(const SimTraining& training) {
  const ReplicaOptions replica{.rows = rows_of(training)};
  const SimProfile profile = scaled_to(training.profile, training.network);
  Trainer trainer(training.network,
                  make_sim_replicas(training.network, replica, profile, training.devices),
                  replica.rows, {});
  Graph graph("train_imagenet");
  const auto read = graph.source("read", [] { return std::optional<Record>(); });
  const auto steps = read >>
                     image_path(graph, path_of(training),
                                BatchPool(training.batch_size, ImageShape()), ImagePool()) >>
                     trainer.train(graph);
  steps >> graph.sink("log", {.queue = 2, .fixed = true}, [](const Step&) {});
  for (const SettingChange& change : training.changes) {
    graph.set(change.path(), std::to_string(change.to));
  }
  const SimStep step = plan_sim_step(training.network, replica, profile, training.devices);
  return host_model(graph.snapshot(), training.work, step, training.batch_size, training.cores);
}

SimRun simulate(const SimTraining& training) { return simulate_host(model_of(training)); }

}  // namespace forebay
