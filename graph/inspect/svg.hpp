#pragma once

// Pieces of SVG that pictures and plots share.

#include <string>

namespace forebay::detail {

/// With one digit after the point, and none where that is 0: "12.5", "3".
std::string svg_number(double value);

/// ` name="12.5"`.
std::string svg_attribute(const char* name, double value);

/// A text element of the class `kind`; `text` may be anything.
std::string svg_words(const char* kind, double x, double y, const std::string& text);

}  // namespace forebay::detail
