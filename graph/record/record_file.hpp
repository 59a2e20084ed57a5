#pragma once

// The file of a recording, to which lines are added.

#include <cstdint>
#include <string>
#include <string_view>

#include <forebay/graph/record/recorder.hpp>

namespace forebay::detail {

/// Killed at any moment it holds whole lines and the begin of one at most; that is removed when it
/// is opened again. Another process is kept out by a lock. For one thread at a time.
class RecordFile {
 public:
  /// Throws `Error` as `Recorder`.
  RecordFile(std::string path, Existing existing);
  ~RecordFile();
  RecordFile(const RecordFile&) = delete;  // owns a descriptor

  /// Adds whole lines, all or none. Throws `Error` when the system refuses; what was there before
  /// stays, and the next call may succeed.
  void append(std::string_view lines);

 private:
  void take_over(Existing existing);

  const std::string path_;
  int descriptor_ = -1;
  std::uint64_t size_ = 0;  // of whole lines
};

}  // namespace forebay::detail
