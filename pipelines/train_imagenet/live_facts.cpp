#include <train_imagenet/live_facts.hpp>

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include <common/training_plan.hpp>

namespace forebay {
namespace {

constexpr std::int64_t kWindow = 5'000'000'000;  // nanoseconds

std::string node_of(const char* work, std::size_t replica) {
  return fmt::format("{}[{}]", work, replica);
}

}  // namespace

NodeRoles node_roles(std::size_t replicas) {
  NodeRoles roles{{}, {"all-reduce"}, "images"};
  for (const char* work : {"forward-backward", "evaluate"}) {
    for (std::size_t i = 0; i < replicas; ++i) roles.devices.push_back(node_of(work, i));
  }
  return roles;
}

ProgressFacts pass_facts(const Progress& progress) {
  const bool training = progress.phase == "Epoch";
  ProgressFacts facts{fmt::format("{} {} of {}", training ? "epoch" : "validation of epoch",
                                  progress.epoch + 1, progress.epochs),
                      static_cast<double>(progress.images),
                      static_cast<double>(progress.images_per_epoch), "images"};
  if (progress.images > 0) {
    facts.figures = {{"loss", progress.loss}, {"accuracy", progress.accuracy}};
  }
  facts.means = !training;
  return facts;
}

ProgressFacts training_facts(const Progress& progress, std::int64_t images_per_epoch,
                             std::optional<double> price_per_hour) {
  const bool training = progress.phase == "Epoch";
  const std::int64_t images = training ? progress.images : images_per_epoch;
  return {"training", static_cast<double>(progress.epoch * images_per_epoch + images),
          static_cast<double>(progress.epochs * images_per_epoch), "images",
          plan_figures(progress.epochs, price_per_hour)};
}

DeviceMeter::DeviceMeter(std::vector<DeviceFacts> devices, std::size_t rows)
    : devices_(std::move(devices)), rows_(rows) {}

DeviceMeter::Sample DeviceMeter::sample(const GraphSnapshot& run) const {
  Sample result{run.time, {}, {}};
  for (std::size_t i = 0; i < devices_.size(); ++i) {
    const std::string trains = node_of("forward-backward", i), evaluates = node_of("evaluate", i);
    std::int64_t busy = 0;
    std::uint64_t passes = 0;
    for (const NodeSnapshot& node : run.nodes) {
      if (node.name != trains && node.name != evaluates) continue;
      busy += node.busy;
      passes += node.service.count();
    }
    result.busy.push_back(busy);
    result.passes.push_back(passes);
  }
  return result;
}

std::vector<DeviceFacts> DeviceMeter::measure(const GraphSnapshot& run) {
  if (samples_.empty()) {
    samples_.push_back({run.time - run.elapsed, std::vector<std::int64_t>(devices_.size(), 0),
                        std::vector<std::uint64_t>(devices_.size(), 0)});
  }
  samples_.push_back(sample(run));
  while (samples_.size() > 2 && samples_[1].time <= run.time - kWindow) samples_.pop_front();
  const Sample &earlier = samples_.front(), &now = samples_.back();
  std::vector<DeviceFacts> result = devices_;
  const auto nanoseconds = static_cast<double>(now.time - earlier.time);
  if (nanoseconds <= 0) return result;
  for (std::size_t i = 0; i < result.size(); ++i) {
    const auto rows = static_cast<double>((now.passes[i] - earlier.passes[i]) * rows_);
    result[i].busy =
        std::clamp(static_cast<double>(now.busy[i] - earlier.busy[i]) / nanoseconds, 0.0, 1.0);
    result[i].samples_per_second = rows / nanoseconds * 1e9;
  }
  return result;
}

std::vector<DeviceFacts> DeviceMeter::idle() {
  samples_.clear();
  return devices_;
}

LiveFacts::LiveFacts(NodeRoles roles, std::vector<DeviceFacts> devices, std::size_t rows,
                     std::int64_t images_per_epoch, std::optional<double> price_per_hour)
    : images_per_epoch_(images_per_epoch),
      price_per_hour_(price_per_hour),
      meter_(std::move(devices), rows),
      roles_(publish_roles(std::move(roles))) {
  devices_ = publish_devices([this] { return device_facts(); });
  pass_ = publish_progress([this] {
    const std::lock_guard lock(mutex_);
    return pass_facts(progress_);
  });
  training_ = publish_progress([this] {
    const std::lock_guard lock(mutex_);
    return training_facts(progress_, images_per_epoch_, price_per_hour_);
  });
}

void LiveFacts::set(const Progress& progress) {
  const std::lock_guard lock(mutex_);
  progress_ = progress;
}

void LiveFacts::watch(const Graph* graph) {
  const std::lock_guard lock(mutex_);
  graph_ = graph;
  meter_.idle();
}

std::vector<DeviceFacts> LiveFacts::device_facts() {
  const std::lock_guard lock(mutex_);
  return graph_ == nullptr ? meter_.idle() : meter_.measure(graph_->snapshot());
}

}  // namespace forebay
