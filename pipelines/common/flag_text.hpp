#pragma once

// Words about flags: help texts and suggestions.

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace forebay {

inline constexpr std::size_t kHelpColumns = 100;

/// Words of `text` on lines of at most `kHelpColumns`; lines after the first are indented.
std::string wrap_words(std::string_view text, std::size_t indent);

/// One entry of a help text: the flag's usage, its meaning and, where there is one, its default.
std::string help_entry(std::string_view usage, std::string_view help, std::string_view standard);

/// The one of `known` that is nearest by edit distance, or that `name` is the start or the last
/// word of; "" where none is near.
std::string nearest_name(std::string_view name, std::span<const std::string> known);

/// Throws `Error`: "unknown flag --lst; did you mean --list?". `where` goes in front.
[[noreturn]] void refuse_unknown_flag(std::string_view name, std::span<const std::string> known,
                                      std::string_view where = "");

}  // namespace forebay
