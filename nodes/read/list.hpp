#pragma once

// .lst files: the images to pack, with their labels.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace forebay {

/// One line of a .lst: `<id>TAB<label>[TAB<label>...]TAB<path>`.
struct ListEntry {
  std::uint64_t id = 0;
  std::vector<float> labels;  // at least one
  std::string path;           // relative to the root folder given to im2rec

  bool operator==(const ListEntry&) const = default;
};

/// In the file's order. Throws `Error` naming file and line of what does not fit.
std::vector<ListEntry> read_list(const std::string& path);

/// With its newline; labels with six decimals, as im2rec.py writes them.
std::string list_line(const ListEntry& entry);

/// Appears under its name only when complete. Throws `Error` for an entry without a label and for
/// a path that holds a tab or a newline.
void write_list(const std::string& path, std::span<const ListEntry> entries);

}  // namespace forebay
