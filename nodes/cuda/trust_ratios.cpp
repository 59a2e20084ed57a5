#include <forebay/nodes/cuda/trust_ratios.hpp>

#include <algorithm>

#include <forebay/nodes/cuda/kernels/launch.hpp>
#include <forebay/nodes/network/weights.hpp>
#include <forebay/nodes/train/lars.hpp>

namespace forebay::cuda {
namespace {

// The number of the parameter that begins at `element`, or of all where that is their end.
Index parameter_at(const std::vector<std::size_t>& offsets, std::size_t element) {
  return static_cast<Index>(std::ranges::lower_bound(offsets, element) - offsets.begin());
}

}  // namespace

TrustRatios::TrustRatios(const Network& network, const SgdOptions& options, Planner& planner)
    : offsets_(offsets_of(network.parameters)) {
  for (std::size_t i = 0; i < network.parameters.size(); ++i) {
    first_stretch_.push_back(static_cast<Index>(stretches_.size()));
    if (!has_trust_ratio(network.parameters[i], options)) continue;
    for (std::size_t begin = offsets_[i]; begin < offsets_[i + 1]; begin += LarsSums::kStretch) {
      stretches_.push_back({begin, std::min(begin + LarsSums::kStretch, offsets_[i + 1])});
    }
  }
  first_stretch_.push_back(static_cast<Index>(stretches_.size()));
  stretches_there_ = planner.keep(stretches_.size() * sizeof(Stretch));
  first_stretch_there_ = planner.keep(first_stretch_.size() * sizeof(Index));
  lanes_ = planner.keep(stretches_.size() * LarsSums::kLanes * sizeof(SquareSums<float>));
  sums_ = planner.keep(stretches_.size() * sizeof(SquareSums<double>));
  ratios_ = planner.keep_floats(network.parameters.size());
}

void TrustRatios::bind(const Arena& arena, const Arrays& arrays, float eta, Stream& stream) {
  auto* const stretches = arena.values<Stretch>(stretches_there_);
  auto* const first_stretch = arena.values<Index>(first_stretch_there_);
  auto* const lanes = arena.values<SquareSums<float>>(lanes_);
  auto* const sums = arena.values<SquareSums<double>>(sums_);
  stream.copy(stretches, stretches_.data(), stretches_.size() * sizeof(Stretch));
  stream.copy(first_stretch, first_stretch_.data(), first_stretch_.size() * sizeof(Index));
  sum_lanes_ = {0, stretches, arrays.weight, arrays.gradient, lanes};
  add_lanes_ = {0, lanes, sums};
  ratio_ = {0, arrays.ranges, first_stretch, sums, eta, arena.floats(ratios_)};
}

const float* TrustRatios::queue(std::size_t begin, std::size_t end, cudaStream_t stream) const {
  const Index first = parameter_at(offsets_, begin), last = parameter_at(offsets_, end);
  const Index stretch = first_stretch_[first], stretches = first_stretch_[last] - stretch;
  SumLanes sum_lanes = sum_lanes_;
  AddLanes add_lanes = add_lanes_;
  TrustRatio ratio = ratio_;
  sum_lanes.first = add_lanes.first = stretch;
  ratio.first = first;
  launch(sum_lanes, stretches * static_cast<Index>(LarsSums::kLanes), stream);
  launch(add_lanes, stretches, stream);
  launch(ratio, last - first, stream);
  return ratio_.out;
}

}  // namespace forebay::cuda
