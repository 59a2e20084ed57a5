#pragma once

// Styled lines of text, measured in columns, and numbers as short texts.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace forebay {

enum class Style : std::uint8_t { kPlain, kFaint, kStrong, kGood, kBad, kTitle, kChosen };

struct Span {
  std::string text;
  Style style = Style::kPlain;
};
using Line = std::vector<Span>;

/// A column per character.
std::size_t columns(const Line& line);

/// Exactly `width` columns: filled up with spaces on one side, or cut with "…".
std::string left(std::string_view text, std::size_t width);
std::string right(std::string_view text, std::size_t width);
/// The same, cut in the middle: the number of "forward-backward[3]" stays.
std::string left_keeping_end(std::string_view text, std::size_t width);

/// At most `width` columns of it.
Line clipped(const Line& line, std::size_t width);

/// Without styles.
std::string plain(const Line& line);
/// One ASCII character for each of `text`, for terminals that know no other.
std::string as_ascii(std::string_view text);
/// Without control characters, which a name may have.
std::string printable(std::string_view text);

/// `width` columns, filled up to `part` (0 to 1), with a mark at `mark` where that is above.
std::string bar(double part, double mark, std::size_t width);
/// One column, filled from below.
std::string level(double part);

// At most 5 columns each: "386", "12.4k"; "98" of 0.98; "24us", "1.1ms", "49ms", "1.2s"; "3.1G".
std::string rate_text(double per_second);
std::string percent_text(double share);
std::string seconds_text(double seconds);
std::string bytes_text(double bytes);

}  // namespace forebay
