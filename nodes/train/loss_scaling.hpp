#pragma once

// What float16's gradients are multiplied by, as it goes on from step to step.

#include <cstdint>

namespace forebay {

struct LossScaling {
  static constexpr int kStepsUntilMore = 2000;  // without an overflow, before the scale is doubled

  float scale = 65536;          // of the loss's gradient; a power of two
  std::int64_t good_steps = 0;  // since it was changed

  friend bool operator==(const LossScaling&, const LossScaling&) = default;
};

}  // namespace forebay
