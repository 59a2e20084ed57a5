#pragma once

// Marks bodies for NVIDIA's tools: Nsight Systems then shows nodes beside kernels and copies.

#include <string>

#ifdef FOREBAY_NVTX  // where the CUDA toolkit was found
#include <nvtx3/nvToolsExt.h>
#endif

namespace forebay::detail {

/// While this lives the thread is in a range called `name`, which outlives it. Costs a test of a
/// pointer unless such a tool runs the program, and nothing without the toolkit.
class BodyRange {
 public:
#ifdef FOREBAY_NVTX
  explicit BodyRange(const std::string& name) { nvtxRangePushA(name.c_str()); }
  ~BodyRange() { nvtxRangePop(); }
#else
  explicit BodyRange(const std::string&) {}
#endif
  BodyRange(const BodyRange&) = delete;  // ranges of a thread end in the order of a stack
};

}  // namespace forebay::detail
