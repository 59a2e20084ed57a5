#pragma once

// Lines that a terminal redraws in place.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace forebay {

/// Moves to the beginning of a terminal's line and clears it.
inline constexpr std::string_view kEraseLine = "\r\x1b[K";

/// Whether stderr is a terminal that can redraw a line, and its width (80 where it has none).
bool terminal_on_stderr();
std::size_t terminal_width();

/// "0:07", "12:34", "3:02:01".
std::string clock_text(double seconds);

/// The first of `fields`, two spaces between them, as many as fit into `width` columns.
std::string join_while_fitting(const std::vector<std::string>& fields, std::size_t width);

}  // namespace forebay
