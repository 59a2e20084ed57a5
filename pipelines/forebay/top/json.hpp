#pragma once

// What forebay top shows, for programs.

#include <string>

#include <forebay/top/layout.hpp>

namespace forebay {

/// One JSON object: shares from 0 to 1, times in seconds, sizes in bytes. docs/inspect.md describes
/// it.
std::string to_json(const Scene& scene);

}  // namespace forebay
