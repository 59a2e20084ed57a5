#pragma once

// The files of profiles/, compiled in.

#include <span>
#include <string_view>

namespace forebay {

struct BuiltInProfile {
  std::string_view name, json;
};

std::span<const BuiltInProfile> built_in_profiles();

}  // namespace forebay
