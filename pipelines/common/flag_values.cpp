#include <common/flag_values.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

namespace forebay {
namespace {

template <class T>
std::optional<T> parse(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Reader<double> number_where(std::string wants, std::function<bool(double)> accepts) {
  return {std::move(wants), [accepts](std::string_view text) -> std::optional<double> {
            const auto value = parse_number(text);
            return value && accepts(*value) ? value : std::nullopt;
          }};
}

}  // namespace

std::optional<double> parse_number(std::string_view text) {
  const auto value = parse<double>(text);
  return value && std::isfinite(*value) ? value : std::nullopt;
}

std::optional<std::int64_t> parse_whole(std::string_view text) { return parse<std::int64_t>(text); }

std::vector<std::string> split_commas(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const auto comma = std::min(text.find(','), text.size());
    auto part = text.substr(0, comma);
    while (part.starts_with(' ')) part.remove_prefix(1);
    while (part.ends_with(' ')) part.remove_suffix(1);
    parts.emplace_back(part);
    if (comma + 1 == text.size()) parts.emplace_back();  // a comma at the end: one more, empty
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return parts;
}

std::string whole_number(std::int64_t low, std::optional<std::int64_t> high) {
  return high ? fmt::format("a whole number from {} to {}", low, *high)
              : fmt::format("a whole number, {} or more", low);
}

Reader<double> number(double low, double high) {
  std::string wants = std::isinf(high) ? fmt::format("a number, {} or more", low)
                                       : fmt::format("a number from {} to {}", low, high);
  return number_where(std::move(wants), [=](double x) { return x >= low && x <= high; });
}

Reader<double> fraction_below_one() {
  return number_where("a number from 0 to below 1", [](double x) { return x >= 0 && x < 1; });
}

Reader<double> number_above_zero() {
  return number_where("a number above 0", [](double x) { return x > 0; });
}

Reader<bool> zero_or_one() { return word<bool>({{"0", false}, {"1", true}}); }

Reader<bool> on_or_off() {
  auto reader = word<bool>({{"1", true}, {"0", false}, {"true", true}, {"false", false}});
  reader.wants = "true or false";
  return reader;
}

Reader<std::string> path() {
  return {"a path", [](std::string_view text) { return std::optional<std::string>(text); }};
}

Reader<std::string> text_from(std::vector<std::string> allowed, std::vector<std::string> not_yet) {
  std::vector<std::pair<std::string, std::string>> words;
  for (const auto& name : allowed) words.emplace_back(name, name);
  auto reader = word<std::string>(std::move(words));
  reader.not_yet = std::move(not_yet);
  return reader;
}

}  // namespace forebay
