#include <forebay/graph/simulate/service_times.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <numeric>
#include <utility>

namespace forebay {
namespace {

constexpr int kBits = 8;  // 256 values: the slowest 0.4 % are one of them

std::uint64_t mix(std::uint64_t x) {
  x = (x ^ (x >> 31)) * 0x9E3779B97F4A7C15u;
  x = (x ^ (x >> 29)) * 0xBF58476D1CE4E5B9u;
  return x ^ (x >> 32);
}

// The mean of each of `count` equal shares of the histogram, the fastest first.
std::vector<double> shares(const Histogram& histogram, std::size_t count) {
  std::vector<double> sums(count, 0);
  const double width = static_cast<double>(histogram.count()) / static_cast<double>(count);
  double at = 0;  // items so far, in shares
  histogram.each([&](std::int64_t nanoseconds, std::uint64_t items) {
    const double end = at + static_cast<double>(items) / width;
    while (at < end) {
      const auto share = std::min(static_cast<std::size_t>(at), count - 1);
      const double to = share + 1 == count ? end : std::min(end, static_cast<double>(share + 1));
      sums[share] += (to - at) * static_cast<double>(nanoseconds);
      at = to;
    }
  });
  return sums;
}

}  // namespace

std::uint64_t shuffled(std::uint64_t item, std::uint64_t key, int bits) {
  const std::uint64_t mask = (std::uint64_t{1} << bits) - 1;
  const std::uint64_t block = mix(key ^ mix(item >> bits));
  std::uint64_t x = item & mask;
  for (int round = 0; round < 3; ++round) {  // each step maps the numbers to themselves, one to one
    const std::uint64_t secret = block >> (21 * round);
    x = ((x + secret) * (2 * (secret >> 7) + 5)) & mask;
    x ^= x >> ((bits + 1) / 2);
  }
  return x;
}

ServiceTimes ServiceTimes::constant(double nanoseconds) {
  ServiceTimes result;
  result.values_ = {nanoseconds};
  result.mean_ = nanoseconds;
  return result;
}

ServiceTimes ServiceTimes::table(std::vector<double> values) {
  ServiceTimes result;
  result.mean_ = std::accumulate(values.begin(), values.end(), 0.0) /
                 static_cast<double>(std::max<std::size_t>(1, values.size()));
  result.values_ = std::move(values);
  return result;
}

ServiceTimes ServiceTimes::measured(const Histogram& histogram, double mean) {
  if (histogram.count() == 0) return constant(mean);
  const ServiceTimes shape = table(shares(histogram, std::size_t{1} << kBits));
  return shape.mean_ > 0 ? shape.scaled(mean / shape.mean_) : constant(mean);
}

double ServiceTimes::at(std::uint64_t item, std::uint64_t key) const {
  if (values_.size() < 2) return mean_;
  return values_[shuffled(item, key, std::countr_zero(values_.size()))];
}

ServiceTimes ServiceTimes::scaled(double factor) const {
  ServiceTimes result = *this;
  for (double& value : result.values_) value *= factor;
  result.mean_ *= factor;
  return result;
}

}  // namespace forebay
