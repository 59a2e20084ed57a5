#pragma once

// A training step in as few calls as there are gradient buckets.

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <forebay/nodes/cuda/device.hpp>
#include <forebay/nodes/cuda/step.hpp>
#include <forebay/nodes/train/buckets.hpp>

namespace forebay::cuda {

/// Forward, loss and backward, cut where buckets are complete. From each input buffer a step is
/// queued call by call once, so that kernels and plans are loaded, is captured the next time, and
/// is one call for each stretch from then on. Where CUDA does not capture a stretch, it and those
/// that are not captured yet stay call by call.
class Stretches {
 public:
  /// The ops outlive it. `tell` is called once, from `queue`, where CUDA does not capture, with the
  /// reason; it may be empty.
  Stretches(const std::vector<std::unique_ptr<Op>>& ops, GradientBuckets& buckets,
            std::span<float> gradients, std::function<void(const std::string& why)> tell);

  std::size_t count() const { return stretches_.size(); }

  /// Those that are complete behind a stretch, without values.
  const std::vector<GradientBucket>& buckets(std::size_t stretch) const {
    return stretches_[stretch].buckets;
  }

  /// Queues a stretch on `stream`, which is the pass's. Nothing of the pass but its input buffer,
  /// `slot`, may be another than the last time. Throws `Error` where the GPU refuses.
  void queue(std::size_t stretch, Stream& stream, std::size_t slot, const Pass& pass);

 private:
  struct Runs {
    bool loaded = false;
    std::optional<CapturedWork> captured = {};
  };
  struct Stretch {
    std::vector<Op*> forward = {}, backward = {};  // in the order they run
    std::vector<GradientBucket> buckets = {};
    std::array<Runs, 2> runs = {};  // by input buffer

    void run(const Pass& pass) const;
  };

  std::optional<CapturedWork> capture(const Stretch& stretch, Stream& stream, const Pass& pass);

  std::vector<Stretch> stretches_;
  std::function<void(const std::string&)> tell_;
  bool captures_ = true;
};

}  // namespace forebay::cuda
