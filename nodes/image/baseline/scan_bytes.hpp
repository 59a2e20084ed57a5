#pragma once

// The compressed data of a JPEG without the zeros that mark its 255s as data.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace forebay::detail {

/// The bytes of a scan, ready to be read eight at a time: after the last one come zeros, as many as
/// an MCU can take. Used again for the next scan, so that memory is taken once.
class ScanBytes {
 public:
  /// Up to the end of the image. False where there is none, and for other markers than restarts in
  /// their order.
  bool read(std::span<const std::byte> scan);

  /// Parts that decode on their own: one more than there are restart markers.
  std::size_t segments() const { return begins_.size() - 1; }
  const std::uint8_t* begin(std::size_t segment) const { return bytes_.data() + begins_[segment]; }
  const std::uint8_t* end(std::size_t segment) const {
    return bytes_.data() + begins_[segment + 1];
  }

  /// Memory held for the next scan, which `release` gives back.
  std::size_t capacity() const { return bytes_.capacity(); }
  void release() { std::vector<std::uint8_t>().swap(bytes_); }

 private:
  std::vector<std::uint8_t> bytes_;
  std::vector<std::size_t> begins_;  // of segments, and the end of the last
};

}  // namespace forebay::detail
