#pragma once

// A file that appears under its name whole or not at all.

#include <cstddef>
#include <span>
#include <string>

namespace forebay {

/// Writes `path` by way of `path + ".tmp"` in the same folder. A crash at any moment leaves what
/// was under `path` before; a later save overwrites the temporary. For one writer per path.
///
/// Every call throws `Error` naming `path` when the system refuses (no room, no permission).
class AtomicFile {
 public:
  /// Creates the temporary.
  explicit AtomicFile(std::string path);

  /// Removes the temporary unless `publish` was called.
  ~AtomicFile();

  AtomicFile(const AtomicFile&) = delete;  // owns a descriptor and a name
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(std::span<const std::byte> bytes);

  /// Ends writing: when it returns, the bytes are on the disk, still under the temporary name.
  void finish();

  /// Gives a finished file its name; when it returns, the name is on the disk too.
  void publish();

  /// Where the bytes are before `publish`.
  static std::string temporary_of(const std::string& path) { return path + ".tmp"; }

 private:
  [[noreturn]] void fail(int error_number) const;

  std::string path_, temporary_;
  int descriptor_ = -1;
  bool published_ = false;
};

}  // namespace forebay
