#pragma once

// .idx files: where each record of a .rec begins.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace forebay {

/// One line of an .idx: `<key>TAB<byte offset of the record>`.
struct IndexEntry {
  std::uint64_t key = 0;
  std::uint64_t offset = 0;

  bool operator==(const IndexEntry&) const = default;
};

/// In the file's order. Throws `Error` naming file and line of what is no pair of integers.
std::vector<IndexEntry> read_index(const std::string& path);

/// With its newline.
std::string index_line(const IndexEntry& entry);

/// Appears under its name only when complete.
void write_index(const std::string& path, std::span<const IndexEntry> entries);

}  // namespace forebay
