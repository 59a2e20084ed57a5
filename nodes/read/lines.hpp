#pragma once

// Reading text files line by line, for formats that name the line of a mistake.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace forebay {

/// Calls `body` with each line that is not blank, without its end (LF or CR LF), and its number
/// from 1. Throws `Error` when the file cannot be read.
void for_each_line(const std::string& path,
                   const std::function<void(std::string_view line, std::uint64_t number)>& body);

/// The line as an error message shows it: at most 60 bytes, unprintable ones as '?'.
std::string excerpt(std::string_view line);

}  // namespace forebay
