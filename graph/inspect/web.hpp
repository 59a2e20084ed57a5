#pragma once

// The files of graph/inspect/web, which are part of the library.

#include <string_view>

namespace forebay::detail {

/// Its text; empty where there is no such file. "dashboard.html"
std::string_view web_file(std::string_view name);

}  // namespace forebay::detail
