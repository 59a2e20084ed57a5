#include <forebay/top/text.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include <common/terminal.hpp>

namespace forebay {
namespace {

std::vector<std::string_view> characters(std::string_view text) {
  std::vector<std::string_view> all;
  for (std::size_t begin = 0; begin < text.size();) {
    std::size_t end = begin + 1;
    while (end < text.size() && !begins_character(text[end])) ++end;
    all.push_back(text.substr(begin, end - begin));
    begin = end;
  }
  return all;
}

std::string joined(const std::vector<std::string_view>& all, std::size_t begin, std::size_t end) {
  std::string text;
  for (std::size_t i = begin; i < end; ++i) text += all[i];
  return text;
}

// The first `width` columns, the last of them "…" where some are cut.
std::string cut(std::string_view text, std::size_t width) {
  const auto all = characters(text);
  if (all.size() <= width) return std::string(text);
  return width == 0 ? "" : joined(all, 0, width - 1) + "…";
}

char ascii_of(std::string_view character) {
  if (character.size() == 1) return character[0];
  constexpr std::pair<std::string_view, char> kKnown[] = {
      {"▁", '_'}, {"▂", '.'}, {"▃", ':'}, {"▄", '-'}, {"▅", '='}, {"▆", '+'},
      {"▇", '*'}, {"█", '#'}, {"▏", '.'}, {"▎", '.'}, {"▍", ':'}, {"▌", ':'},
      {"▋", '+'}, {"▊", '+'}, {"▉", '+'}, {"·", '.'}, {"│", '|'}, {"─", '-'},
      {"►", '>'}, {"→", '>'}, {"…", '~'}, {"↺", '@'}, {"↑", '^'}, {"↓", 'v'}};
  for (const auto& [known, ascii] : kKnown) {
    if (known == character) return ascii;
  }
  return '?';
}

}  // namespace

std::size_t columns(const Line& line) {
  std::size_t sum = 0;
  for (const Span& span : line) sum += columns(span.text);
  return sum;
}

std::string left(std::string_view text, std::size_t width) {
  const std::string kept = cut(text, width);
  return kept + std::string(width - columns(kept), ' ');
}

std::string right(std::string_view text, std::size_t width) {
  const std::string kept = cut(text, width);
  return std::string(width - columns(kept), ' ') + kept;
}

std::string left_keeping_end(std::string_view text, std::size_t width) {
  constexpr std::size_t kEnd = 3;
  const auto all = characters(text);
  if (all.size() <= width || width < 2 * kEnd) return left(text, width);
  return joined(all, 0, width - kEnd - 1) + "…" + joined(all, all.size() - kEnd, all.size());
}

Line clipped(const Line& line, std::size_t width) {
  Line result;
  for (const Span& span : line) {
    const auto all = characters(span.text);
    const std::size_t count = std::min(width, all.size());
    if (count > 0) result.push_back({joined(all, 0, count), span.style});
    width -= count;
  }
  return result;
}

std::string plain(const Line& line) {
  std::string text;
  for (const Span& span : line) text += span.text;
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

std::string as_ascii(std::string_view text) {
  std::string result;
  for (const std::string_view character : characters(text)) result += ascii_of(character);
  return result;
}

std::string printable(std::string_view text) {
  std::string result(text);
  for (char& byte : result) {
    if (static_cast<unsigned char>(byte) < ' ' || byte == '\x7f') byte = '?';
  }
  return result;
}

std::string bar(double part, double mark, std::size_t width) {
  constexpr const char* kParts[] = {"·", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"};
  const auto cells = static_cast<double>(width);
  const double eighths = std::round(std::clamp(part, 0.0, 1.0) * cells * 8);
  const auto marked = static_cast<std::size_t>(std::ceil(std::clamp(mark, 0.0, 1.0) * cells));
  std::string text;
  for (std::size_t i = 0; i < width; ++i) {
    const auto filled =
        static_cast<std::size_t>(std::clamp(eighths - 8 * static_cast<double>(i), 0.0, 8.0));
    text += filled == 0 && i + 1 == marked ? "│" : kParts[filled];
  }
  return text;
}

std::string level(double part) {
  constexpr const char* kLevels[] = {"─", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  return kLevels[static_cast<std::size_t>(std::ceil(std::clamp(part, 0.0, 1.0) * 8 - 0.05))];
}

std::string rate_text(double value) {
  if (value < 99.95) return fmt::format("{:.1f}", value);
  if (value < 9999.5) return fmt::format("{:.0f}", value);
  for (const char* unit : {"k", "M"}) {
    value /= 1000;
    if (value < 99.95) return fmt::format("{:.1f}{}", value, unit);
    if (value < 999.5) return fmt::format("{:.0f}{}", value, unit);
  }
  return fmt::format("{:.0f}G", value / 1000);
}

std::string percent_text(double share) { return fmt::format("{:.0f}", 100 * share); }

std::string seconds_text(double seconds) {
  if (seconds < 999.5e-6) return fmt::format("{:.0f}us", seconds * 1e6);
  if (seconds < 9.95e-3) return fmt::format("{:.1f}ms", seconds * 1e3);
  if (seconds < 0.9995) return fmt::format("{:.0f}ms", seconds * 1e3);
  if (seconds < 99.95) return fmt::format("{:.1f}s", seconds);
  return fmt::format("{:.0f}s", seconds);
}

std::string bytes_text(double bytes) {
  for (const char* unit : {"B", "K", "M", "G", "T"}) {
    if (bytes < 9.95) return fmt::format("{:.1f}{}", bytes, unit);
    if (bytes < 999.5) return fmt::format("{:.0f}{}", bytes, unit);
    bytes /= 1024;
  }
  return fmt::format("{:.0f}P", bytes);
}

}  // namespace forebay
