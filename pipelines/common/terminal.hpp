#pragma once

// Lines for a terminal: their width, and redrawing one in place.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace forebay {

/// Moves to the beginning of a terminal's line and clears it.
inline constexpr std::string_view kEraseLine = "\r\x1b[K";

/// Of UTF-8 text, a column per character. `begins_character` is false for a character's further
/// bytes.
std::size_t columns(std::string_view text);
bool begins_character(char byte);

/// Whether stderr is a terminal that can redraw a line, and its width (80 where it has none).
bool terminal_on_stderr();
std::size_t terminal_width();

/// "0:07", "12:34", "3:02:01".
std::string clock_text(double seconds);

/// Words on lines of at most `width` columns.
std::vector<std::string> wrapped(std::string_view text, std::size_t width);

/// The first of `fields`, two spaces between them, as many as fit into `width` columns with one
/// left free.
std::string join_while_fitting(const std::vector<std::string>& fields, std::size_t width);

}  // namespace forebay
