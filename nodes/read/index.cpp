#include <charconv>
#include <optional>
#include <string_view>

#include <fmt/format.h>
#include <forebay/graph/error.hpp>
#include <forebay/nodes/atomic_file.hpp>
#include <forebay/nodes/read/index.hpp>
#include <forebay/nodes/read/lines.hpp>

namespace forebay {
namespace {

// Takes the next word from `rest`, which must be an integer.
std::optional<std::uint64_t> take_integer(std::string_view& rest) {
  rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
  const std::string_view word = rest.substr(0, rest.find_first_of(" \t"));
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc() || end != word.data() + word.size()) return std::nullopt;
  rest.remove_prefix(word.size());
  return value;
}

}  // namespace

std::vector<IndexEntry> read_index(const std::string& path) {
  std::vector<IndexEntry> entries;
  for_each_line(path, [&](std::string_view line, std::uint64_t number) {
    std::string_view rest = line;
    const auto key = take_integer(rest);
    const auto offset = key ? take_integer(rest) : std::nullopt;
    if (!offset || rest.find_first_not_of(" \t") != std::string_view::npos) {
      throw Error(
          fmt::format("{}, line {}: '{}' is not a key and an offset; remake the index or "
                      "delete it",
                      path, number, excerpt(line)));
    }
    entries.push_back({*key, *offset});
  });
  return entries;
}

std::string index_line(const IndexEntry& entry) {
  return fmt::format("{}\t{}\n", entry.key, entry.offset);
}

void write_index(const std::string& path, std::span<const IndexEntry> entries) {
  AtomicFile file(path);
  for (const IndexEntry& entry : entries) file.append(index_line(entry));
  file.commit();
}

}  // namespace forebay
