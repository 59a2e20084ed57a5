#include <charconv>
#include <cmath>
#include <optional>
#include <string_view>

#include <fmt/format.h>
#include <forebay/graph/error.hpp>
#include <forebay/nodes/atomic_file.hpp>
#include <forebay/nodes/read/lines.hpp>
#include <forebay/nodes/read/list.hpp>

namespace forebay {
namespace {

template <typename Number>
std::optional<Number> parse_number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::vector<std::string_view> split_at_tabs(std::string_view line) {
  std::vector<std::string_view> fields;
  for (;;) {
    const auto tab = line.find('\t');
    fields.push_back(line.substr(0, tab));
    if (tab == std::string_view::npos) return fields;
    line.remove_prefix(tab + 1);
  }
}

// Throws `Error` saying what is wrong with the line, without file and line number.
ListEntry parse_line(std::string_view line) {
  const auto fields = split_at_tabs(line);
  if (fields.size() < 3) {
    throw Error(
        fmt::format("'{}' needs an id, labels and a path, separated by tabs", excerpt(line)));
  }
  const auto id = parse_number<std::uint64_t>(fields.front());
  if (!id) throw Error(fmt::format("the id '{}' is not an integer", excerpt(fields.front())));
  ListEntry entry{*id, {}, std::string(fields.back())};
  for (const std::string_view field : std::span(fields).subspan(1, fields.size() - 2)) {
    const auto label = parse_number<float>(field);
    if (!label || !std::isfinite(*label)) {
      throw Error(fmt::format("the label '{}' is not a number", excerpt(field)));
    }
    entry.labels.push_back(*label);
  }
  if (entry.path.empty()) throw Error("the path is empty");
  return entry;
}

}  // namespace

std::vector<ListEntry> read_list(const std::string& path) {
  std::vector<ListEntry> entries;
  for_each_line(path, [&](std::string_view line, std::uint64_t number) {
    try {
      entries.push_back(parse_line(line));
    } catch (const Error& error) {
      throw Error(fmt::format("{}, line {}: {}", path, number, error.what()));
    }
  });
  return entries;
}

std::string list_line(const ListEntry& entry) {
  std::string line = std::to_string(entry.id);
  for (const float label : entry.labels) line += fmt::format("\t{:f}", label);
  return line + '\t' + entry.path + '\n';
}

void write_list(const std::string& path, std::span<const ListEntry> entries) {
  AtomicFile file(path);
  for (const ListEntry& entry : entries) {
    if (entry.labels.empty()) {
      throw Error(fmt::format("cannot write {}: {} has no label", path, entry.path));
    }
    if (entry.path.empty() || entry.path.find_first_of("\t\n") != std::string::npos) {
      throw Error(fmt::format("cannot write {}: the path '{}' is empty or holds a tab or a newline",
                              path, excerpt(entry.path)));
    }
    file.append(list_line(entry));
  }
  file.commit();
}

}  // namespace forebay
