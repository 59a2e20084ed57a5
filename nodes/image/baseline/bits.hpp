#pragma once

// The bits of a stream of bytes, the highest one of each byte first.

#include <bit>
#include <cstdint>
#include <cstring>

namespace forebay::detail {

/// Where a stream is; a value, so that a loop keeps it in registers. Reads up to 8 bytes beyond
/// what it consumes.
class Bits {
 public:
  Bits() = default;
  explicit Bits(const std::uint8_t* begin) : next_(begin) {}

  /// Has at least 56 bits at hand then: for a code of 16 bits with 15 bits after it, and the code
  /// that comes next.
  void refill() {
    std::uint64_t bytes;
    std::memcpy(&bytes, next_, sizeof bytes);
    if constexpr (std::endian::native == std::endian::little) bytes = __builtin_bswap64(bytes);
    bits_ |= bytes >> count_;
    next_ += (63 - count_) >> 3;
    count_ |= 56;
  }

  /// The next bits, the first one on top.
  std::uint64_t top() const { return bits_; }

  void consume(int count) {
    bits_ <<= count;
    count_ -= count;
  }

  /// `count` bits, 1 to 16.
  std::uint32_t take(int count) {
    const auto taken = static_cast<std::uint32_t>(bits_ >> (64 - count));
    consume(count);
    return taken;
  }

  /// The byte after the last one of which a bit has been consumed.
  const std::uint8_t* position() const { return next_ - (count_ >> 3); }

 private:
  const std::uint8_t* next_ = nullptr;
  std::uint64_t bits_ = 0;
  int count_ = 0;
};

}  // namespace forebay::detail
