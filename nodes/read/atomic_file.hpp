#pragma once

// Writing a file so that it appears under its name only when it is complete.

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace forebay {

/// Written as `<path>.tmp`, renamed by `commit()`. When destroyed before that, it removes the
/// temporary file and leaves whatever was at `path` as it was. For one thread at a time.
class AtomicFile {
 public:
  /// Creates the temporary file, over one left by a killed program; throws `Error`.
  explicit AtomicFile(std::string path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  /// Buffers 1 MiB; throws `Error` when writing fails (disk full).
  void append(std::span<const std::byte> bytes);
  void append(std::string_view text);

  /// Puts everything on the disk; nothing may be appended afterwards.
  void sync();

  /// `sync()`, unless done, then renames to `path` and puts the rename on the disk.
  void commit();

 private:
  void flush();

  std::string path_;
  std::string temporary_;
  int descriptor_ = -1;
  bool committed_ = false;
  std::vector<std::byte> buffer_;
};

}  // namespace forebay
