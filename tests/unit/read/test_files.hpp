#pragma once

// What the tests of this folder share: temporary folders, small files, messages of errors.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <span>
#include <string>
#include <vector>

#include <forebay/graph/error.hpp>
#include <forebay/nodes/read/index.hpp>
#include <forebay/nodes/read/record_writer.hpp>
#include <forebay/nodes/read/recordio.hpp>
#include <support/error_of.hpp>
#include <support/temporary_folder.hpp>

namespace forebay::test {

inline void write_file(const std::string& path, const std::string& content) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::filesystem::remove(path);  // ext4 waits for the disk when a file is written over
  std::ofstream(path, std::ios::binary) << content;
}

inline std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

inline std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// "image <id>" with as many dots behind as makes the sizes differ.
inline std::string image_of(std::uint64_t id) {
  return "image " + std::to_string(id) + std::string(id * 7 % 23, '.');
}

enum class WithIndex { kNo, kYes };

/// Writes `count` records: id from `first_id`, label id % 10, image `image_of(id)`. Not with a
/// RecordWriter: that waits for the disk.
inline void write_records(const std::string& path, std::uint64_t count, WithIndex index,
                          std::uint64_t first_id = 0) {
  std::vector<std::byte> data;
  std::string lines;
  for (std::uint64_t id = first_id; id < first_id + count; ++id) {
    const auto label = static_cast<float>(id % 10);
    lines += index_line({.key = id, .offset = data.size()});
    append_record(pack(std::span(&label, 1), id, bytes_of(image_of(id))), data);
  }
  write_file(path, text_of(data));
  if (index == WithIndex::kYes) {
    write_file(std::filesystem::path(path).replace_extension(".idx").string(), lines);
  }
}

}  // namespace forebay::test
