#pragma once

// Names may be any bytes; what goes to other programs has to be text.

#include <string>
#include <string_view>

namespace forebay::detail {

/// `text` with all that is no UTF-8 replaced by U+FFFD.
std::string valid_utf8(std::string_view text);

/// For XML, between tags and in quotes; characters that XML cannot have are replaced too.
std::string xml_text(std::string_view text);

/// In quotes, with backslashes before quotes and backslashes, and \n for the ends of lines: what
/// Prometheus and Graphviz read.
std::string quoted(std::string_view text);

}  // namespace forebay::detail
