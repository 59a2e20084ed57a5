#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <forebay/graph/error.hpp>
#include <forebay/nodes/read/file.hpp>
#include <forebay/nodes/read/index.hpp>
#include <forebay/nodes/read/record_table.hpp>
#include <forebay/nodes/read/recordio.hpp>

namespace forebay {
namespace {

// What a file that is no .rec seems to be, for people who gave the wrong path.
std::string looks_like(std::string_view begin) {
  if (begin.starts_with("\xff\xd8\xff")) return "a JPEG image";
  if (begin.starts_with("\x89PNG")) return "a PNG image";
  if (begin.starts_with("PK\x03\x04")) return "a zip archive";
  if (begin.starts_with("\x1f\x8b")) return "a gzip file";
  const bool text = std::ranges::all_of(
      begin, [](char c) { return c == '\t' || c == '\n' || c == '\r' || (c >= ' ' && c < 127); });
  return text ? "text" : "other binary data";
}

void check_is_recordio(const File& file) {
  if (file.size() == 0) {
    throw Error(fmt::format("cannot read {}: it is empty; pack images with im2rec", file.path()));
  }
  std::array<std::byte, 16> bytes{};
  const auto begin = std::span(bytes).first(std::min<std::uint64_t>(bytes.size(), file.size()));
  file.read(0, begin);
  std::uint32_t magic = 0;
  std::memcpy(&magic, bytes.data(), sizeof magic);
  if (magic != kRecordMagic) {
    const std::string_view text(reinterpret_cast<const char*>(begin.data()), begin.size());
    throw Error(
        fmt::format("cannot read {}: it does not begin with the RecordIO magic, it looks "
                    "like {}; pack images with im2rec",
                    file.path(), looks_like(text)));
  }
  if (file.size() % 4 != 0) {
    throw Error(
        fmt::format("cannot read {}: its size, {} bytes, is not a multiple of 4, so its "
                    "end is missing; copy or pack it again",
                    file.path(), file.size()));
  }
}

[[noreturn]] void throw_mismatch(const File& file, const std::string& index,
                                 const std::string& what) {
  throw Error(fmt::format("{} does not match {}: {}; remake the index or delete it", index,
                          file.path(), what));
}

void check_offsets(const File& file, const std::string& index,
                   std::span<const std::uint64_t> offsets) {
  if (offsets.empty()) throw_mismatch(file, index, "it lists no records");
  if (offsets.back() >= file.size()) {
    throw_mismatch(file, index,
                   fmt::format("it lists a record at byte {}, the file has {} bytes",
                               offsets.back(), file.size()));
  }
  if (offsets.front() != 0) throw_mismatch(file, index, "it lists no record at byte 0");
  const auto twice = std::ranges::adjacent_find(offsets);
  if (twice != offsets.end()) {
    throw_mismatch(file, index, fmt::format("it lists the record at byte {} twice", *twice));
  }
  const auto odd = std::ranges::find_if(offsets, [](std::uint64_t at) { return at % 4 != 0; });
  if (odd != offsets.end()) {
    throw_mismatch(file, index,
                   fmt::format("it lists a record at byte {}, not a multiple of 4", *odd));
  }
}

// The lines of an .idx may come in any order (im2rec writes that of the .lst).
std::vector<std::uint64_t> offsets_from_index(const File& file, const std::string& index) {
  std::vector<std::uint64_t> offsets;
  for (const IndexEntry& entry : read_index(index)) offsets.push_back(entry.offset);
  std::ranges::sort(offsets);
  check_offsets(file, index, offsets);
  std::vector<std::uint64_t> tail;
  try {
    tail = scan_records(file, offsets.back(), offsets.size() - 1);
  } catch (const Error& error) {
    throw Error(fmt::format("{} (found by {}; if that is of another file, remake or delete it)",
                            error.what(), index));
  }
  if (tail.size() > 1) {
    throw_mismatch(file, index, fmt::format("it does not list the record at byte {}", tail[1]));
  }
  return offsets;
}

}  // namespace

RecordTable::RecordTable(std::vector<RecordFile> files) : files_(std::move(files)), firsts_{0} {
  for (const RecordFile& entry : files_) {
    const File file(entry.path);
    check_is_recordio(file);
    auto offsets = entry.index.empty() ? scan_records(file) : offsets_from_index(file, entry.index);
    const std::uint64_t count = firsts_.back() + offsets.size();
    if (count > std::numeric_limits<std::uint32_t>::max()) {
      throw Error(fmt::format("cannot read {}: more than {} records in all; read fewer files",
                              entry.path, std::numeric_limits<std::uint32_t>::max()));
    }
    firsts_.push_back(static_cast<std::uint32_t>(count));
    offsets.push_back(file.size());
    offsets_.push_back(std::move(offsets));
  }
}

bool RecordTable::indexed() const {
  return std::ranges::none_of(files_, [](const RecordFile& file) { return file.index.empty(); });
}

RecordTable::Place RecordTable::place(std::uint32_t record) const {
  const auto after = std::ranges::upper_bound(firsts_, record);
  const auto file = static_cast<std::size_t>(after - firsts_.begin()) - 1;
  const std::uint64_t number = record - firsts_[file];
  return {file, number, offsets_[file][number], offsets_[file][number + 1]};
}

std::vector<std::uint32_t> RecordTable::cut_blocks(std::uint64_t bytes) const {
  std::vector<std::uint32_t> begins;
  for (std::size_t file = 0; file < files_.size(); ++file) {
    const auto& offsets = offsets_[file];
    std::size_t begin = 0;
    begins.push_back(firsts_[file]);
    for (std::size_t next = 1; next + 1 < offsets.size(); ++next) {
      if (offsets[next + 1] - offsets[begin] <= bytes) continue;
      begin = next;
      begins.push_back(firsts_[file] + static_cast<std::uint32_t>(begin));
    }
  }
  begins.push_back(count());
  return begins;
}

}  // namespace forebay
