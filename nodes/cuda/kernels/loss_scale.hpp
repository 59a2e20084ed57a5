#pragma once

// The factor of gradients against underflow in fp16, and its element functions.

#include <forebay/nodes/cuda/kernels/value.hpp>
#include <forebay/nodes/train/loss_scaling.hpp>

namespace forebay::cuda {

/// The factor that the loss's gradient has; 1 where the type needs none. On the GPU, so that no
/// step waits for the host to see it.
struct LossScale {
  float scale = 1, inverse = 1;
  int overflowed = 0;    // a gradient of this step was not finite
  Index good_steps = 0;  // without one, since the scale was changed
};

/// One gradient: tells where it is not finite.
struct FindOverflow {
  const float* gradient;
  LossScale* loss_scale;

  __host__ __device__ void operator()(Index element) const {
    const float value = gradient[element];
    if (value - value != 0) loss_scale->overflowed = 1;  // all who write write the same
  }
};

/// The only element, after the update of a step: half the scale where a gradient overflowed, twice
/// after 2,000 steps where none did, as PyTorch's GradScaler but for its factor's bounds.
struct AdjustLossScale {
  LossScale* loss_scale;

  __host__ __device__ void operator()(Index /*element*/) const {
    constexpr float kLeast = 1, kMost = 1 << 24;
    LossScale next = *loss_scale;
    if (next.overflowed != 0) {
      next.scale = next.scale / 2 < kLeast ? kLeast : next.scale / 2;
      next.good_steps = 0;
    } else if (++next.good_steps == LossScaling::kStepsUntilMore) {
      next.scale = next.scale * 2 > kMost ? kMost : next.scale * 2;
      next.good_steps = 0;
    }
    next.inverse = 1 / next.scale;
    next.overflowed = 0;
    *loss_scale = next;
  }
};

}  // namespace forebay::cuda
