#pragma once

// Splits the flat gradient array into buckets and tells when each is complete.

#include <functional>
#include <span>
#include <vector>

#include <forebay/nodes/train/replica.hpp>

namespace forebay {

/// Buckets go from the last parameter to the first; each takes whole parameters until it has
/// `bucket_bytes`. The first one closes at 1 MiB already, so that reducing it starts early.
class GradientBuckets {
 public:
  /// `offsets`: where each parameter starts in the flat array, and its size.
  GradientBuckets(std::span<const std::size_t> offsets, std::size_t bucket_bytes);

  std::span<const GradientBucket> list() const { return buckets_; }

  using Deliver = std::function<void(const GradientBucket&)>;

  /// A new step: no gradient is there yet.
  void start();

  /// The gradients of these parameters are complete. Delivers every bucket that has all of its
  /// own and comes next in order, with its part of `gradients`.
  void complete(std::span<const int> parameters, std::span<float> gradients,
                const Deliver& deliver);

 private:
  std::vector<GradientBucket> buckets_;
  std::vector<std::size_t> bucket_of_;  // by parameter
  std::vector<int> sizes_;              // parameters in each bucket
  std::vector<int> missing_;
  std::size_t next_ = 0;
};

}  // namespace forebay
