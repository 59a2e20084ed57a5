#pragma once

// Writing a file so that it appears under its name only when it is complete.

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace forebay {

/// Writes `path` by way of `path + ".tmp"` in the same folder, and renames that when it is complete:
/// a crash at any moment leaves what was under `path` before, and a later save overwrites the
/// temporary. For one writer per path and one thread at a time.
///
/// Every call throws `Error` naming `path` when the system refuses (no room, no permission).
class AtomicFile {
 public:
  /// Creates the temporary.
  explicit AtomicFile(std::string path);

  /// Removes the temporary unless `commit` was called.
  ~AtomicFile();

  AtomicFile(const AtomicFile&) = delete;  // owns a descriptor and a name
  AtomicFile& operator=(const AtomicFile&) = delete;

  /// Buffered, 1 MiB.
  void append(std::span<const std::byte> bytes);
  void append(std::string_view text);

  /// Ends writing: when it returns, the bytes are on the disk, still under the temporary name.
  void sync();

  /// `sync()`, unless done; then gives the file its name. When it returns, the name is on the disk
  /// too.
  void commit();

  /// Where the bytes are before `commit`.
  static std::string temporary_of(const std::string& path) { return path + ".tmp"; }

 private:
  void write_all(std::span<const std::byte> bytes);
  void flush();
  [[noreturn]] void fail(int error_number) const;

  std::string path_, temporary_;
  int descriptor_ = -1;
  bool committed_ = false;
  std::vector<std::byte> buffer_;
};

}  // namespace forebay
