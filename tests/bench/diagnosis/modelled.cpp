#include <algorithm>
#include <random>
#include <string>

#include <forebay/graph/diagnose/search.hpp>
#include <forebay/graph/simulate/simulate.hpp>

#include "../../unit/diagnose/models.hpp"
#include "reality.hpp"

namespace forebay::bench {
namespace {

constexpr double kNanoseconds = 1e6;  // of a millisecond

ServiceTimes service(const Times& times) {
  std::vector<double> values = times.values();
  for (double& value : values) value *= kNanoseconds;
  return ServiceTimes::table(std::move(values));
}

Passing passing(What what) {
  if (what == What::kSource) return Passing::kSource;
  return what == What::kBatch ? Passing::kCollect : Passing::kEach;
}

/// The plant as `run_live` builds it.
class Modelled {
 public:
  explicit Modelled(const Plant& plant) {
    model_.name = "planted";
    model_.cores = plant.cores;
    model_.threads = static_cast<std::size_t>(plant.cores);
    for (const Stage& stage : plant.stages) add(stage);
    if (plant.devices.times.empty()) {
      test::add(model_, {tail_}, {.name = "count", .queue = kCountQueue, .cpu_share = 1});
    } else {
      add_steps(plant.devices);
    }
  }

  Model model() { return std::move(model_); }

 private:
  void add(const Stage& stage) {
    std::vector<std::string> from;
    if (!tail_.empty()) from.push_back(tail_);
    const bool on_pool = stage.computes || (stage.what == What::kBatch && stage.times.mean() == 0);
    test::add(model_, from,
              {.name = stage.name,
               .concurrency = stage.concurrency,
               .queue = stage.queue,
               .cpu_share = on_pool ? 1.0 : 0.0,
               .passing = passing(stage.what),
               .per_item = 1 / static_cast<double>(stage.batch)});
    ModelNode& node = model_.nodes.back();
    node.service = service(stage.times);
    for (ModelQueue& queue : node.inputs) {
      queue.capacity_bytes = stage.queue_bytes;
      queue.item_bytes = kItemBytes;
    }
    tail_ = stage.name;
  }

  void add_fixed(const std::vector<std::string>& from, const std::string& name,
                 const Times& times) {
    test::add(model_, from, {.name = name, .queue = 2});
    model_.nodes.back().service = service(times);
    model_.nodes.back().fixed = true;
  }

  void add_steps(const Devices& devices) {
    const auto pool = [&](const std::vector<std::string>& from, const std::string& name,
                          std::size_t queue, Passing passing = Passing::kEach) {
      test::add(model_, from, {.name = name, .queue = queue, .cpu_share = 1, .passing = passing});
    };
    pool({tail_}, "step", 2, Passing::kJoin);
    pool({"step"}, "scatter", 1);
    std::vector<std::string> names;
    for (const Times& times : devices.times) {
      names.push_back("device[" + std::to_string(names.size()) + "]");
      add_fixed({"scatter"}, names.back(), times);
    }
    pool(names, "gather", 2, Passing::kJoin);
    add_fixed({"gather"}, "all-reduce", devices.all_reduce);
    add_fixed({"all-reduce"}, "update", devices.update);
    pool({"update"}, "weights-new", 1);
    const ModelQueue back{.from = model_.index("weights-new"), .capacity = 2, .first = 1};
    model_.node("step").inputs.push_back(back);
    pool({"weights-new"}, "count", 2);
  }

  Model model_;
  std::string tail_;
};

// Samples that fit into the plant's queues.
std::uint64_t on_the_way(const Plant& plant) {
  std::uint64_t samples = 0, per_item = 1;
  for (const Stage& stage : plant.stages) {
    samples += stage.queue * per_item;
    per_item *= stage.batch;
  }
  return samples;
}

std::uint64_t at_least(const Plant& plant, std::uint64_t samples) {
  return std::max(samples, 4 * on_the_way(plant));  // a quarter fills the queues
}

}  // namespace

Seen look_at_model(const Plant& plant, std::uint64_t seed) {
  std::mt19937_64 dice(seed);
  const auto window = std::uniform_int_distribution<std::uint64_t>(400, 4000)(dice);
  const Model model = Modelled(plant).model();
  Seen seen;
  seen.difference =
      simulate(model, {.samples = at_least(plant, window * 4 / 3), .seed = seed}).snapshot;
  std::uniform_real_distribution<double> measured(0.97, 1.03);
  for (NodeSnapshot& node : seen.difference.nodes) {  // CPU time is known from samples only
    node.cpu = static_cast<std::int64_t>(static_cast<double>(node.cpu) * measured(dice));
  }
  seen.samples_per_second = speed_of_model(plant, {});
  return seen;
}

double speed_of_model(const Plant& plant, const Changes& changes) {
  constexpr std::uint64_t kLong = 24'000, kOtherLuck = 977;
  const Model model = detail::with(Modelled(plant).model(), changes);
  return simulate(model, {.samples = at_least(plant, kLong), .seed = kOtherLuck})
      .samples_per_second;
}

}  // namespace forebay::bench
