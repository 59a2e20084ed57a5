#include <forebay/graph/report/timeline.hpp>

#include <algorithm>
#include <cmath>

namespace forebay::detail {

Timeline::Timeline(const Recording& recording) {
  for (const RecordedStart& start : recording.starts) {
    stretches_.push_back({start.time, start.time, 0});
  }
  std::ranges::stable_sort(stretches_, {}, &Stretch::begin);
  for (const RecordedStep& step : recording.steps) {
    const auto after = std::ranges::upper_bound(stretches_, step.time, {}, &Stretch::begin);
    if (after == stretches_.begin()) continue;  // the clock was set back
    Stretch& stretch = *(after - 1);
    stretch.end = std::max(stretch.end, step.time);
  }
  for (Stretch& stretch : stretches_) {
    stretch.at = length_;
    length_ += stretch.end - stretch.begin;
  }
}

double Timeline::at(double time) const {
  const auto after = std::ranges::upper_bound(stretches_, time, {}, &Stretch::begin);
  if (after == stretches_.begin()) return 0;
  const Stretch& stretch = *(after - 1);
  return stretch.at + std::min(time, stretch.end) - stretch.begin;
}

std::vector<double> Timeline::restarts() const {
  std::vector<double> places;
  for (std::size_t i = 1; i < stretches_.size(); ++i) places.push_back(stretches_[i].at);
  return places;
}

Means::Means(const Timeline& timeline, std::size_t pieces)
    : piece_(std::max(timeline.length(), 1e-3) / static_cast<double>(pieces)),
      sums_(pieces, 0),
      weights_(pieces, 0) {}

void Means::add(double begin, double end, double value) {
  const auto pieces = static_cast<double>(size());
  const double first = std::clamp(begin / piece_, 0.0, pieces);
  const double last = std::clamp(end / piece_, first, pieces);
  for (auto i = static_cast<std::size_t>(first); i < size(); ++i) {
    const auto from = static_cast<double>(i);
    if (from >= last) break;
    const double part = std::min(last, from + 1) - std::max(first, from);
    sums_[i] += part * value;
    weights_[i] += part;
  }
}

}  // namespace forebay::detail
