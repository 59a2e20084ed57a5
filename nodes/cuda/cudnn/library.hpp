#pragma once

// cuDNN, loaded when it is first needed, so that programs start without it.

#include <string>

namespace forebay::cuda {

/// As the dynamic linker finds it.
inline constexpr const char* kCudnn = "libcudnn.so.9";

/// Why a library of this name cannot be loaded in cuDNN's place and what to do about it, "cannot
/// load cuDNN, ..."; empty where it can. Leaves it loaded.
std::string why_no_cudnn(const char* name = kCudnn);

}  // namespace forebay::cuda
