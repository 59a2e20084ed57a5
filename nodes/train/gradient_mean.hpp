#pragma once

// Who makes the mean of the replicas' gradients: the host, or their devices among themselves.

#include <span>
#include <vector>

#include <forebay/nodes/reduce/all_reduce.hpp>
#include <forebay/nodes/train/replica.hpp>

namespace forebay {

/// What the node `all-reduce` of a training graph calls for each bucket. Every replica has worked
/// on as many rows. One thread at a time.
class GradientMean {
 public:
  virtual ~GradientMean() = default;

  /// `parts`: one bucket by replica, each complete. Buckets come in the order of their indices.
  /// Gives the mean; without `values` where it stays on the devices, whose later work then comes
  /// behind it. Throws `Error` where this mean or one before it cannot be made.
  virtual GradientBucket mean(std::span<const GradientBucket> parts) = 0;

  /// Waits until all means are made. Throws `Error` where one could not be.
  virtual void wait() {}

  /// Whether `mean` may wait for devices: then call it on a thread that has nothing else to do.
  virtual bool waits() const { return false; }
};

/// On the calling thread, into the memory of the first part, with the bits of `all_reduce_mean`.
/// Throws `Error` where one of several parts is without values.
class HostMean final : public GradientMean {
 public:
  /// `reduce_in`: what several parts, and their mean, are rounded to. Throws `Error` for kFloat16,
  /// which would need a scale of the loss.
  explicit HostMean(Precision reduce_in = Precision::kFloat32);

  GradientBucket mean(std::span<const GradientBucket> parts) override;

 private:
  Precision reduce_in_;
  std::vector<BucketPart> parts_;  // of one bucket
};

}  // namespace forebay
