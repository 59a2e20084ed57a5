#pragma once

// A training step in as few calls as there are gradient buckets.

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include <forebay/nodes/cuda/repeated_work.hpp>
#include <forebay/nodes/cuda/step.hpp>
#include <forebay/nodes/train/buckets.hpp>

namespace forebay::cuda {

/// Forward, loss and backward, cut where buckets are complete: each stretch is repeated work, from
/// each input buffer.
class Stretches {
 public:
  /// The ops and `capturing` outlive it.
  Stretches(const std::vector<std::unique_ptr<Op>>& ops, GradientBuckets& buckets,
            std::span<float> gradients, Capturing& capturing);

  std::size_t count() const { return stretches_.size(); }

  /// Those that are complete behind a stretch, without values.
  const std::vector<GradientBucket>& buckets(std::size_t stretch) const {
    return stretches_[stretch].buckets;
  }

  /// Queues a stretch on `stream`, which is the pass's. Nothing of the pass but its input buffer,
  /// `slot`, may be another than the last time. Throws `Error` where the GPU refuses.
  void queue(std::size_t stretch, Stream& stream, std::size_t slot, const Pass& pass);

 private:
  struct Stretch {
    std::vector<Op*> forward = {}, backward = {};  // in the order they run
    std::vector<GradientBucket> buckets = {};
    std::array<RepeatedWork, 2> work = {};  // by input buffer

    void run(const Pass& pass) const;
  };

  std::vector<Stretch> stretches_;
  Capturing& capturing_;
};

}  // namespace forebay::cuda
