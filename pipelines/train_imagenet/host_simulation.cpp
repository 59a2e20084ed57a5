#include <train_imagenet/host_simulation.hpp>

#include <algorithm>
#include <fstream>
#include <iterator>

#include <fmt/format.h>

#include <common/clock.hpp>
#include <common/interrupt.hpp>
#include <forebay/graph/graph.hpp>
#include <forebay/graph/inspect/host.hpp>
#include <forebay/graph/inspect/report.hpp>
#include <forebay/nodes/read/reader.hpp>
#include <forebay/nodes/sim/sim_host.hpp>
#include <forebay/nodes/sim/sim_replica.hpp>
#include <forebay/nodes/train/trainer.hpp>
#include <train_imagenet/data.hpp>
#include <train_imagenet/devices.hpp>
#include <train_imagenet/node_settings.hpp>
#include <train_imagenet/report.hpp>
#include <train_imagenet/session.hpp>

namespace forebay {
namespace {

// Seconds and steps before what counts (memory is touched for the first time, queues fill), and of
// what counts.
constexpr double kWarmUpSeconds = 1, kSeconds = 4;
constexpr std::int64_t kWarmUpSteps = 8, kSteps = 10;
constexpr std::size_t kImagesOfAStep = 128;  // batches of the real size would take longer to count

// As many as the host has, if there are so many: cores that share memory slow each other down.
int rehearsal_threads(const TrainOptions& options) {
  return std::min(usable_threads(), *options.host_cores);
}

/// The training's graph with devices that take no time, so that the host shows what it can do.
class Rehearsal {
 public:
  Rehearsal(const TrainOptions& options, const Network& network, RecordReader& reader)
      : rows_(std::clamp<std::size_t>(kImagesOfAStep / options.devices.size(), 1,
                                      rows_per_device(options))),
        trainer_(network,
                 make_sim_replicas(network, {.rows = rows_}, simulated_profile(options, network),
                                   options.devices.size(), {seconds_now, [](double) {}}),
                 rows_, {.sgd = {}, .stop = [this] { return step_done(); }}),
        batches_(trainer_.batch_size(), options.image_shape, sample_format(options)),
        graph_("train_imagenet", {.threads = rehearsal_threads(options)}) {
    reader.seek(0, RecordReader::kForever);
    const auto read = graph_.source("read", [&reader] { return reader(); });
    const auto steps = read >> image_path(graph_, train_path(options), batches_, images_) >>
                       trainer_.train(graph_);
    steps >> graph_.sink("log", {.queue = 2, .fixed = true}, [](const Step&) {});
    apply_node_settings(graph_, options);
  }

  /// As it is built.
  GraphSnapshot graph() const { return graph_.snapshot(); }

  /// Some seconds of its run, or less when interrupted.
  GraphSnapshot measure() {
    began_ = seconds_now();
    graph_.run();
    return end_ - begin_;
  }

 private:
  // All bodies of a step are done; true ends the run.
  bool step_done() {
    ++steps_;
    const double now = seconds_now();
    if (!counts_ && (steps_ < kWarmUpSteps || now < began_ + kWarmUpSeconds)) {
      return InterruptWatch::seen();
    }
    if (!counts_) {
      counts_ = true, began_ = now, steps_ = 0;
      begin_ = end_ = graph_.snapshot();
    }
    if (steps_ >= kSteps && now > began_ + kSeconds) end_ = graph_.snapshot();
    return end_.time > begin_.time || InterruptWatch::seen();
  }

  std::size_t rows_;
  Trainer trainer_;
  BatchPool batches_;
  ImagePool images_;
  Graph graph_;
  double began_ = 0;
  std::int64_t steps_ = 0;
  bool counts_ = false;
  GraphSnapshot begin_, end_;
};

HostWork work_of_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (file.peek(); !file) {
    throw Error(fmt::format("--host-times is '{}', which cannot be read; give a file", path));
  }
  try {
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    HostWork work = measured_work(report_from_json(text).graph);
    if (!work.contains("decode")) throw Error("it has no node 'decode'");
    return work;
  } catch (const Error& error) {
    throw Error(
        fmt::format("--host-times {}: {}; give what 'forebay snapshot' printed of a training", path,
                    error.what()));
  }
}

std::string work_text(const HostWork& work) {
  const auto ms = [&work](const char* node) {
    const auto found = work.find(node);
    return found == work.end() ? 0 : 1e-6 * found->second.times.mean();
  };
  return fmt::format("one image takes {:.3f} ms of a core to decode and {:.3f} ms to augment",
                     ms("decode"), ms("augment"));
}

}  // namespace

std::string simulate_host(const TrainOptions& given, Log& log) {
  TrainOptions options = given;
  if (!options.data_nthreads) options.data_nthreads = options.host_cores;  // where auto begins
  const Network network = make_network(options);
  const std::string simulated = fmt::format("a host of {} cores; {}", *options.host_cores,
                                            describe_simulated(options, network));
  RecordReader reader(train_reader(options));
  log.info(reader.describe());
  Rehearsal rehearsal(options, network, reader);
  GraphSnapshot graph = rehearsal.graph();
  HostWork work;
  if (options.host_times.empty()) {
    log.info("Measuring what the nodes cost this machine, some seconds");
    graph = rehearsal.measure();
    if (InterruptWatch::seen()) return "";
    work = measured_work(graph);
  } else {
    work = work_of_file(options.host_times);
  }
  if (options.host_decode_rate) work = with_decode_rate(std::move(work), *options.host_decode_rate);
  log.info(fmt::format("In the host {}", work_text(work)));
  const SimStep step = plan_sim_step(network, {.rows = rows_per_device(options)},
                                     simulated_profile(options, network), options.devices.size());
  const Model model = host_model(graph, work, step, static_cast<std::size_t>(options.batch_size),
                                 static_cast<double>(*options.host_cores));
  const auto images = options.num_examples.value_or(static_cast<std::int64_t>(reader.count()));
  const SimRun run = simulate_host(model);
  if (run.images_per_second <= 0) {
    throw Error("with these settings nothing can move; leave out those of queues");
  }
  const TrainingPace pace{run.images_per_second, static_cast<double>(images),
                          static_cast<double>(options.num_epochs)};
  return host_report(run, pace, options.price_per_hour, simulated);
}

}  // namespace forebay
