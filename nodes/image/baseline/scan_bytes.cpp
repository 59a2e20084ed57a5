#include <forebay/nodes/image/baseline/scan_bytes.hpp>

#include <cstring>

namespace forebay::detail {

bool ScanBytes::read(std::span<const std::byte> scan) {
  constexpr std::size_t kZeros = 4096;  // an MCU has at most six blocks of 251 bytes
  constexpr unsigned kRestart = 0xd0, kEndOfImage = 0xd9;
  if (bytes_.size() < scan.size() + kZeros) bytes_.resize(scan.size() + kZeros);
  begins_.assign(1, 0);
  const auto* from = reinterpret_cast<const std::uint8_t*>(scan.data());
  const std::uint8_t* const end = from + scan.size();
  std::uint8_t* to = bytes_.data();
  for (;;) {
    const auto* mark = static_cast<const std::uint8_t*>(
        std::memchr(from, 0xff, static_cast<std::size_t>(end - from)));
    if (mark == nullptr || end - mark < 2) return false;
    const auto count = static_cast<std::size_t>(mark - from);
    std::memcpy(to, from, count);
    to += count;
    from = mark + 2;
    const unsigned code = mark[1];
    if (code == 0) {
      *to++ = 0xff;
      continue;
    }
    const bool restart = code == kRestart + (begins_.size() - 1) % 8;
    if (!restart && code != kEndOfImage) return false;
    begins_.push_back(static_cast<std::size_t>(to - bytes_.data()));
    if (!restart) break;
  }
  std::memset(to, 0, kZeros);
  return true;
}

}  // namespace forebay::detail
