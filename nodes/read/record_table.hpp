#pragma once

// Where every record of one or more .rec files lies.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace forebay {

struct RecordFile {
  std::string path;
  std::string index;  // path of its .idx; empty: found by scanning the file
};

/// The records of all files, numbered through from 0. 8 bytes of memory per record.
class RecordTable {
 public:
  struct Place {
    std::size_t file = 0;
    std::uint64_t number = 0;  // in its file
    std::uint64_t begin = 0;   // byte where the record begins
    std::uint64_t end = 0;     // byte where the next one does
  };

  /// Opens and checks every file. With an .idx that takes as long as reading the .idx, and what it
  /// says is checked at both ends of the file only: the rest when the records are read. Without
  /// one it costs a small read per record (`scan_records`). Throws `Error`.
  explicit RecordTable(std::vector<RecordFile> files);

  std::uint32_t count() const { return firsts_.back(); }
  bool indexed() const;
  const std::vector<RecordFile>& files() const { return files_; }

  Place place(std::uint32_t record) const;

  /// Cuts the records into runs of at most `bytes` (or one record) within a file. Gives the first
  /// record of each, then `count()`.
  std::vector<std::uint32_t> cut_blocks(std::uint64_t bytes) const;

 private:
  std::vector<RecordFile> files_;
  std::vector<std::uint32_t> firsts_;                // of each file; then the number of records
  std::vector<std::vector<std::uint64_t>> offsets_;  // of each file; each ends with its size
};

}  // namespace forebay
