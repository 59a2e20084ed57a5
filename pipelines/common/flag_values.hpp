#pragma once

// Reading and showing the value of one flag.

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace forebay {

/// Turns a flag's text into a value; nullopt where the text is not what `wants` says.
template <class T>
struct Reader {
  std::string wants;  // "a number above 0": completes "give ..." in errors
  std::function<std::optional<T>(std::string_view)> read;
  std::vector<std::string> not_yet = {};  // values that MXNet knows and Forebay does not
};

/// The whole of `text` as a number, nullopt otherwise. "nan" and "inf" are no numbers here.
std::optional<double> parse_number(std::string_view text);
std::optional<std::int64_t> parse_whole(std::string_view text);

/// The parts between commas, without surrounding spaces. An empty text has no parts.
std::vector<std::string> split_commas(std::string_view text);

/// "a whole number from 1 to 8", or "a whole number, 1 or more" where nothing limits it above.
std::string whole_number(std::int64_t low, std::optional<std::int64_t> high);

/// Whole numbers from `low` to `high`, by default the largest that both T and std::int64_t hold.
template <std::integral T = int>
Reader<T> whole(std::int64_t low, std::optional<std::int64_t> high = std::nullopt) {
  constexpr auto largest = static_cast<std::int64_t>(std::min<std::uint64_t>(
      std::numeric_limits<T>::max(), std::numeric_limits<std::int64_t>::max()));
  return {whole_number(low, high),
          [low, high = high.value_or(largest)](std::string_view text) -> std::optional<T> {
            const auto value = parse_whole(text);
            if (!value || *value < low || *value > high) return std::nullopt;
            return static_cast<T>(*value);
          }};
}

/// Numbers in [low, high], in [0, 1), and above 0.
Reader<double> number(double low, double high = std::numeric_limits<double>::infinity());
Reader<double> fraction_below_one();
Reader<double> number_above_zero();

/// Flags that MXNet spells 0 or 1, and switches that have no value on the command line.
Reader<bool> zero_or_one();
Reader<bool> on_or_off();

/// Any text, and one of a few words.
Reader<std::string> path();
Reader<std::string> text_from(std::vector<std::string> allowed,
                              std::vector<std::string> not_yet = {});

/// One of a few words, each standing for a value.
template <class T>
Reader<T> word(std::vector<std::pair<std::string, T>> words) {
  std::string wants;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) wants += i + 1 == words.size() ? " or " : ", ";
    wants += words[i].first;
  }
  return {std::move(wants), [words](std::string_view text) -> std::optional<T> {
            for (const auto& [name, value] : words) {
              if (name == text) return value;
            }
            return std::nullopt;
          }};
}

/// `reader` for a field that may be unset.
template <class T>
Reader<std::optional<T>> maybe(Reader<T> reader) {
  return {reader.wants,
          [read = reader.read](std::string_view text) -> std::optional<std::optional<T>> {
            const auto value = read(text);
            if (!value) return std::nullopt;
            return std::optional<std::optional<T>>(std::in_place, value);
          }};
}

}  // namespace forebay
