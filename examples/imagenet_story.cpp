// Why is training slow on 16 GPUs? The training's graph in a host of 64 cores, replayed without
// either: steps from the K80's profile, decoding at the speed of that host's cores.
//     read ─► decode ─► augment ─► batch ─► step ─► forward-backward[0..15] ─► all-reduce ─► update

#include <forebay/graph/tune/tuner.hpp>
#include <forebay/nodes/sim/sim_training.hpp>

#include <common/training_cost.hpp>
#include <forebay/cost_table.hpp>
#include <forebay/prices.hpp>

#include <fmt/format.h>

#include <iostream>

using namespace forebay;

// All that is put in; docs/story.md says where it is from.
constexpr double kCores = 64;                         // vCPUs of a p2.16xlarge
constexpr double kDecoded = 100;                      // images/s of one of them
constexpr double kImageBytes = 110e3, kDisk = 160e6;  // bytes, and bytes/s of its volume
constexpr double kImages = 1'281'167, kEpochs = 100;  // ImageNet's
constexpr double kHours = 50;                         // that the training was to take

SimTraining p2_16xlarge() {
  SimTraining training{.network = resnet(50), .profile = find_sim_profile("K80")};
  training.devices = 16, training.batch_size = 704, training.cores = kCores;
  training.work = with_decode_rate(photo_work(), kDecoded);
  const double computes = training.work["read"].times.mean();
  const double waits = kImageBytes / kDisk * 1e9;
  training.work["read"] = {ServiceTimes::constant(computes + waits), computes / (computes + waits)};
  return training;
}

// Share of the host's cores that have nothing to do but to wait for the disk.
double io_wait(const SimRun& run) {
  const NodeSnapshot& read = run.run.node("read");
  const auto waited = static_cast<double>(read.busy - read.cpu);
  return waited / static_cast<double>(run.run.elapsed) / run.machine.cores;
}

struct Chapter {
  SimRun run;
  Verdict verdict;
};

// CUDA's default where cores outnumber devices: a thread for each spins until the step is done.
Model with_spinning_waits(Model model) {
  for (ModelNode& node : model.nodes) {
    if (node.name.starts_with("forward-backward[")) node.cpu_share = 1;
  }
  return model;
}

SimRun replay(const SimTraining& training) {
  return simulate_host(with_spinning_waits(model_of(training)));
}

Chapter tell(const std::string& title, const SimTraining& training) {
  const SimRun run = replay(training);
  Chapter chapter{run, diagnose(run)};
  const TrainingPace pace{run.images_per_second, kImages, kEpochs};
  std::cout << fmt::format(
      "{}\n{:.0f} images/s; GPUs {:.0f} % busy; CPU {:.0f} % idle, {:.0f} % I/O wait\n{}{}\n\n",
      title, run.images_per_second, 100 * run.devices_busy, 100 * run.cores_idle,
      100 * io_wait(run), describe(chapter.verdict, "images"),
      time_and_cost(pace, built_in_prices().prices.front().on_demand));
  return chapter;
}

// What --batch-size max takes for each GPU: what its memory holds, in whole eights.
std::size_t largest_batch(const SimTraining& training) {
  return most_rows(scaled_to(training.profile, training.network)) / 8 * 8;
}

// What --data-nthreads auto does with a training that runs, here from one replay to the next.
void tune(SimTraining& training) {
  Tuner tuner({.machine = replay(training).machine});
  while (!tuner.settled()) {
    const auto changes = tuner.next(replay(training).run);
    training.changes.insert(training.changes.end(), changes.begin(), changes.end());
  }
  for (const TuneTrial& trial : tuner.trials()) std::cout << describe(trial) << '\n';
}

int main() try {
  SimTraining training = p2_16xlarge();
  const Chapter before = tell("As it was: --batch-size 704 --data-nthreads 4", training);
  const std::size_t images = largest_batch(training);
  training.batch_size = training.devices * images;
  const Chapter larger =
      tell(fmt::format("The first idea: --batch-size max, {} images a GPU", images), training);
  std::cout << fmt::format(
      "a batch twice as large: predicted {:.0f} % more images/s, got {:.0f} %\n\n",
      100 * before.verdict.larger_batch.value_or(0),
      100 * (larger.run.images_per_second / before.run.images_per_second - 1));
  std::cout << "--data-nthreads auto:\n";
  tune(training);
  tell("With what it found:", training);
  const BuiltInPrices& prices = built_in_prices();
  std::cout << fmt::format("What {:g} hours of a {} cost:\n", kHours, prices.instance)
            << cost_table(prices.prices, kHours, {});
} catch (const std::exception& error) {
  std::cerr << "imagenet_story: " << error.what() << '\n';
  return 1;
}
