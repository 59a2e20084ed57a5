#pragma once

// Recorded time, and means over pieces of it.

#include <cstddef>
#include <vector>

#include <forebay/graph/record/recording.hpp>

namespace forebay::detail {

/// Seconds of recorded time; what lies between two starts of the program is left out.
class Timeline {
 public:
  explicit Timeline(const Recording& recording);

  double length() const { return length_; }
  /// Where a moment is, given in seconds since 1970.
  double at(double time) const;
  /// Where starts begin, but for the first.
  std::vector<double> restarts() const;

 private:
  struct Stretch {
    double begin = 0, end = 0;  // seconds since 1970
    double at = 0;              // where it begins
  };
  std::vector<Stretch> stretches_;
  double length_ = 0;
};

/// Means over equal pieces of a timeline.
class Means {
 public:
  Means(const Timeline& timeline, std::size_t pieces);

  /// `value` held from `begin` to `end`, places on the timeline.
  void add(double begin, double end, double value);

  std::size_t size() const { return sums_.size(); }
  double piece() const { return piece_; }  // seconds
  /// Of piece `i`; NaN where nothing was added.
  double operator[](std::size_t i) const { return sums_[i] / weights_[i]; }

 private:
  double piece_;
  std::vector<double> sums_, weights_;
};

}  // namespace forebay::detail
