#pragma once

// Reading byte ranges of a file.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace forebay {

/// How a file will be read; a hint to the kernel's read-ahead.
enum class Access { kSequential, kRandom };

/// A regular file opened for reading. Reads block; they may be made from several threads at once.
class File {
 public:
  /// Throws `Error` when it cannot be opened or is no regular file.
  explicit File(const std::string& path);
  ~File();
  File(File&& other) noexcept;
  File& operator=(File&& other) noexcept;

  const std::string& path() const { return path_; }
  std::uint64_t size() const { return size_; }

  /// Fills `into` with the bytes from `offset` on; throws `Error` when the file has fewer.
  void read(std::uint64_t offset, std::span<std::byte> into) const;

  void advise(Access access) const;

  /// Asks the kernel to fetch these bytes in the background.
  void will_need(std::uint64_t offset, std::uint64_t length) const;

 private:
  std::string path_;
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
};

}  // namespace forebay
