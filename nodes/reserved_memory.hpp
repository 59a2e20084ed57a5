#pragma once

// Address space for what grows up to a known size and stays.

#include <cstddef>

namespace forebay {

/// `size()` bytes that read as 0. They take memory only where they have been written, on the NUMA
/// node of the thread that wrote first, and in huge pages where the kernel gives them.
class ReservedMemory {
 public:
  /// Throws `Error` when the address space has no room for it.
  explicit ReservedMemory(std::size_t bytes);
  ~ReservedMemory();
  ReservedMemory(const ReservedMemory&) = delete;  // others point into it

  std::byte* data() { return data_; }
  std::size_t size() const { return size_; }

 private:
  std::byte* data_;
  std::size_t size_;
};

}  // namespace forebay
