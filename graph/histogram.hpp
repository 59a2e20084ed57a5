#pragma once

// A histogram of durations with a bounded relative error.

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace forebay {

/// Counts of nanoseconds in log-linear buckets: 16 per power of two, so a quantile is within 1/16
/// of the true value. Covers 0 to about 9 hours; longer ones count as that. A plain value:
/// copying takes a snapshot, subtracting gives what happened in between.
class Histogram {
 private:
  static constexpr int kSubBits = 4;
  static constexpr std::size_t kSub = std::size_t{1} << kSubBits;
  static constexpr int kMaxBits = 45;
  static constexpr std::size_t kBuckets = (kMaxBits - kSubBits + 1) * kSub;

 public:
  using Counts = std::array<std::uint64_t, kBuckets>;  // one per bucket

  Histogram() = default;
  explicit Histogram(const Counts& counts) : counts_(counts) {}
  const Counts& counts() const { return counts_; }

  void record(std::int64_t nanoseconds) { ++counts_[bucket(nanoseconds)]; }

  std::uint64_t count() const {
    std::uint64_t sum = 0;
    for (std::uint64_t n : counts_) sum += n;
    return sum;
  }

  /// The duration that a share `q` of all stays below or at, in nanoseconds; 0 when empty.
  std::int64_t quantile(double q) const {
    const double target = q * static_cast<double>(count());
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      seen += counts_[i];
      if (counts_[i] != 0 && static_cast<double>(seen) >= target) return middle(i);
    }
    return 0;
  }

  /// Calls `visit(nanoseconds, count)` for every bucket that is not empty, the shortest first.
  template <typename Visit>
  void each(const Visit& visit) const {
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      if (counts_[i] != 0) visit(middle(i), counts_[i]);
    }
  }

  Histogram& operator+=(const Histogram& other) {
    for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
    return *this;
  }

  Histogram& operator-=(const Histogram& earlier) {
    for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] -= earlier.counts_[i];
    return *this;
  }

 private:
  static std::size_t bucket(std::int64_t nanoseconds) {
    const auto value = static_cast<std::uint64_t>(nanoseconds < 0 ? 0 : nanoseconds);
    if (value < kSub) return static_cast<std::size_t>(value);
    const auto bits = static_cast<int>(std::bit_width(value));
    if (bits > kMaxBits) return kBuckets - 1;
    const std::size_t sub = (value >> (bits - kSubBits - 1)) - kSub;
    return static_cast<std::size_t>(bits - kSubBits) * kSub + sub;
  }

  static std::int64_t middle(std::size_t index) {
    if (index < kSub) return static_cast<std::int64_t>(index);
    const auto shift = static_cast<int>(index / kSub) - 1;
    const auto low = static_cast<std::int64_t>(index % kSub + kSub) << shift;
    return low + (std::int64_t{1} << shift) / 2;
  }

  Counts counts_{};
};

}  // namespace forebay
