#pragma once

// How long a body takes per item: a distribution that can be drawn from without luck.

#include <cstdint>
#include <vector>

#include <forebay/graph/histogram.hpp>

namespace forebay {

/// Service times as a table of equally likely values. Item `i` is given the same time whatever else
/// happens, and every run of consecutive items as long as the table is given each value once, in an
/// order that looks random: so means are exact after a few hundred items, and two simulations
/// differ only by what was changed between them. A plain value, nanoseconds throughout.
class ServiceTimes {
 public:
  ServiceTimes() = default;  // no time at all
  static ServiceTimes constant(double nanoseconds);
  /// These values, as many as a power of two.
  static ServiceTimes table(std::vector<double> values);
  /// The shape of `histogram`, scaled to `mean`: a histogram's own mean is off by its buckets'
  /// width.
  static ServiceTimes measured(const Histogram& histogram, double mean);

  double mean() const { return mean_; }
  /// For item `item` of the stream that `key` stands for.
  double at(std::uint64_t item, std::uint64_t key) const;

  /// The same shape, `factor` times as long.
  ServiceTimes scaled(double factor) const;

 private:
  std::vector<double> values_;  // as many as a power of two
  double mean_ = 0;
};

/// A number below 2^`bits` for `item`: each block of 2^`bits` consecutive items gets every number
/// once, in an order of its own.
std::uint64_t shuffled(std::uint64_t item, std::uint64_t key, int bits);

}  // namespace forebay
