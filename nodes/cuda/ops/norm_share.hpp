#pragma once

// What a batch norm has in common with the convolutions around it that do part of its work.

#include <forebay/nodes/cuda/ops/convolver.hpp>

namespace forebay::cuda {

/// Owned by the step, beside the ops. The arrays are the norm's: in place from its `bind` on, and
/// kept from step to step.
struct NormShare {
  int input = -1;           // the tensor that is normalised
  bool sums_given = false;  // by the convolution before, which writes `sums`
  // The convolution behind normalises on its way: the norm's output is never stored, and the
  // gradient that comes back has passed the ReLU, with its sums in `norm`.
  bool applied_behind = false;
  OutputSums sums = {};
  InputNorm norm = {};
};

}  // namespace forebay::cuda
