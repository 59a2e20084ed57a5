#include "plant.hpp"

#include <algorithm>
#include <bit>
#include <numeric>

#include <forebay/graph/simulate/service_times.hpp>

namespace forebay::bench {

Times::Times(std::vector<double> values, double mean, std::uint64_t key)
    : values_(std::move(values)), mean_(mean), key_(key) {
  const double sum = std::accumulate(values_.begin(), values_.end(), 0.0);
  for (double& value : values_) value *= mean * static_cast<double>(values_.size()) / sum;
}

double Times::of(std::uint64_t item) const {
  if (values_.empty()) return 0;
  return values_[shuffled(item, key_, std::countr_zero(values_.size()))];
}

void Times::scale(double factor) {
  for (double& value : values_) value *= factor;
  mean_ *= factor;
}

Machine Plant::machine() const {
  Machine machine{.cores = cores, .threads = static_cast<std::size_t>(cores)};
  for (std::size_t i = 0; i < devices.times.size(); ++i) {
    machine.devices.push_back("device[" + std::to_string(i) + "]");
  }
  machine.all_reduce = {"all-reduce"};
  return machine;
}

std::size_t Plant::per_end() const {
  std::size_t product = 1;
  for (const Stage& stage : stages) product *= stage.batch;
  return product;
}

Plant Plant::faster(const Bound& bound, double times) const {
  Plant result = *this;
  if (bound.limit == Limit::kCores) result.cores *= times;
  for (Stage& stage : result.stages) {
    if (stage.name == bound.node) stage.times.scale(1 / times);
  }
  if (bound.limit == Limit::kDevice || bound.limit == Limit::kLockStep) {
    for (Times& device : result.devices.times) device.scale(1 / times);
  }
  if (bound.node == "all-reduce") result.devices.all_reduce.scale(1 / times);
  if (bound.node == "update") result.devices.update.scale(1 / times);
  return result;
}

Plant Plant::with_larger_batch() const {
  Plant result = *this;
  for (Stage& stage : result.stages) {
    if (stage.what == What::kBatch) stage.batch *= 2;
  }
  for (Times& device : result.devices.times) device.scale(2);
  return result;
}

Plant Plant::with_equal_devices() const {
  Plant result = *this;
  std::vector<Times>& times = result.devices.times;
  const auto [fastest, slowest] =
      std::minmax_element(times.begin(), times.end(),
                          [](const Times& a, const Times& b) { return a.mean() < b.mean(); });
  slowest->scale(fastest->mean() / slowest->mean());
  return result;
}

}  // namespace forebay::bench
