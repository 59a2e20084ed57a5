#include <forebay/nodes/sim/sim_host.hpp>

#include <algorithm>
#include <string_view>
#include <utility>

#include <forebay/graph/error.hpp>

namespace forebay {
namespace {

constexpr double kSecond = 1e9;  // in nanoseconds

bool is_device(std::string_view node) { return node.starts_with("forward-backward["); }

// The names that image_path and Trainer give.
double items_per_item(const ModelNode& node, const SimStep& step, std::size_t batch_size) {
  if (node.name == "batch") return 1 / static_cast<double>(batch_size);
  if (node.name == "step-end") return 1 / static_cast<double>(step.buckets.size());
  if (is_device(node.name)) return static_cast<double>(step.buckets.size());
  return node.per_item;
}

void make_device(ModelNode& node, const SimStep& step) {
  node.service = ServiceTimes::constant(step.seconds * kSecond);
  node.cpu_share = 0;
  node.sends.clear();
  for (const SimStep::Bucket& bucket : step.buckets) node.sends.push_back(bucket.at / step.seconds);
  node.sends.back() = 1;  // with the step's result
}

Machine machine_of(const Model& model) {
  Machine machine{.cores = model.cores, .threads = model.threads, .all_reduce = {"all-reduce"}};
  for (const ModelNode& node : model.nodes) {
    if (is_device(node.name)) machine.devices.push_back(node.name);
  }
  return machine;
}

// Bodies of the pool do not wait: what they had no core for is not theirs. Where that is much, the
// spread of their times is not either.
ServiceTimes computing(const ModelNode& node) {
  constexpr double kOwnCore = 0.9;
  const ServiceTimes times = node.service.scaled(node.cpu_share);
  return node.cpu_share < kOwnCore ? ServiceTimes::constant(times.mean()) : times;
}

}  // namespace

HostWork measured_work(const GraphSnapshot& difference) {
  HostWork work;
  for (ModelNode& node : model_of(difference, {}).nodes) {
    if (node.own_threads) {
      work[node.name] = {std::move(node.service), node.cpu_share};
    } else {
      work[node.name] = {computing(node), 1};
    }
  }
  return work;
}

HostWork with_decode_rate(HostWork work, double images_per_second) {
  const auto decode = work.find("decode");
  if (decode == work.end() || decode->second.times.mean() <= 0) {
    throw Error("the work of the host has no times of node 'decode' to compare with");
  }
  const double factor = kSecond / images_per_second / decode->second.times.mean();
  for (auto& [name, node] : work) node.times = node.times.scaled(factor);
  return work;
}

HostWork photo_work() {
  constexpr double kMicrosecond = 1e3;
  const auto work = [](double microseconds) {
    return SimWork{ServiceTimes::constant(microseconds * kMicrosecond), 1};
  };
  return {{"read", work(15)}, {"decode", work(920)}, {"slot", work(1)}, {"augment", work(110)}};
}

Model host_model(const GraphSnapshot& graph, const HostWork& work, const SimStep& step,
                 std::size_t batch_size, double cores) {
  Model model = model_of(graph, {.cores = cores});
  for (ModelNode& node : model.nodes) {
    node.per_item = items_per_item(node, step, batch_size);
    if (is_device(node.name)) {
      make_device(node, step);
      continue;
    }
    const auto known = work.find(node.name);
    node.service = known == work.end() ? ServiceTimes() : known->second.times;
    node.cpu_share = known == work.end() ? 1 : known->second.cpu_share;
  }
  return model;
}

SimRun simulate_host(const Model& model) {
  Simulation simulation = simulate(model);
  SimRun result{.run = std::move(simulation.snapshot),
                .machine = machine_of(model),
                .images_per_second = simulation.samples_per_second};
  if (result.images_per_second <= 0) return result;
  result.run.threads = model.threads;
  const auto elapsed = static_cast<double>(result.run.elapsed);
  double cores = 0;
  for (const NodeSnapshot& node : result.run.nodes) {
    cores += static_cast<double>(node.cpu) / elapsed;
    if (!is_device(node.name)) continue;
    const double busy = static_cast<double>(node.busy) / elapsed;
    result.devices_busy += busy / static_cast<double>(result.machine.devices.size());
  }
  result.cores_idle = std::clamp(1 - cores / model.cores, 0.0, 1.0);
  return result;
}

Verdict diagnose(const SimRun& run) { return diagnose(run.run, run.machine); }

}  // namespace forebay
