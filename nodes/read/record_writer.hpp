#pragma once

// Writing a .rec file and its .idx.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <forebay/nodes/atomic_file.hpp>

namespace forebay {

/// Writes records byte for byte as MXNet's `MXIndexedRecordIO` does. The files appear under their
/// names on `close()`; without it (an exception, an interrupt) nothing is left of them and older
/// files of these names stay as they were. For one thread at a time.
class RecordWriter {
 public:
  /// Without `index` no .idx is written. Throws `Error` when a file cannot be created.
  explicit RecordWriter(const std::string& path, const std::string& index = "");

  /// `key` goes into the .idx. Throws `Error` when writing fails or the record is too large.
  void write(std::uint64_t key, std::span<const std::byte> payload);

  /// Puts both files on the disk and renames them. At no moment is there a .rec beside an .idx
  /// that does not match it.
  void close();

  std::uint64_t records() const { return records_; }
  std::uint64_t bytes() const { return bytes_; }

 private:
  std::string path_;
  std::string index_path_;
  AtomicFile data_;
  std::optional<AtomicFile> index_;
  std::vector<std::byte> record_;  // the one being written; kept for its memory
  std::uint64_t records_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace forebay
