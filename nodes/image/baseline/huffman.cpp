#include <forebay/nodes/image/baseline/huffman.hpp>

#include <algorithm>

namespace forebay::detail {

bool HuffmanTable::build(const HuffmanCodes& codes, HuffmanKind kind) {
  constexpr std::uint8_t kMostDcBits = 11;
  built_ = false;
  codes_ = codes;
  kind_ = kind;
  symbols_.fill({});
  std::uint32_t code = 0, next = 0;
  for (int bits = 1; bits <= 16; ++bits, code <<= 1) {
    const auto length = static_cast<std::size_t>(bits);
    first_[length] = code;
    counts_[length] = codes.counts[length - 1];
    begin_[length] = next;
    for (std::uint32_t i = 0; i < counts_[length]; ++i, ++code, ++next) {
      const std::uint8_t symbol = codes.symbols[next];
      if (code >> bits != 0 || (kind == HuffmanKind::kDc && symbol > kMostDcBits)) return false;
      fill(code, bits, symbol);
    }
  }
  if (kind == HuffmanKind::kAc) fill_skips();
  built_ = true;
  return true;
}

HuffmanSymbol HuffmanTable::split(std::uint8_t symbol, int bits) const {
  const int size = symbol & 15, run = symbol >> 4;
  const bool ends = kind_ == HuffmanKind::kAc && size == 0 && run != 15;
  return {bits, size, ends ? kEndOfBlock : run, 0};
}

/// Enters the code at each window that begins with it.
void HuffmanTable::fill(std::uint32_t code, int bits, std::uint8_t symbol) {
  if (bits > kWindow) return;
  const HuffmanSymbol entry = split(symbol, bits);
  const int size = entry.size(), free = kWindow - bits;
  const std::size_t begin = std::size_t{code} << free;
  for (std::size_t rest = 0; rest < std::size_t{1} << free; ++rest) {
    const bool whole = size > 0 && size <= free;
    const int value =
        whole ? coefficient(static_cast<std::uint32_t>(rest >> (free - size)), size) : 0;
    symbols_[begin + rest] = whole ? HuffmanSymbol(bits + size, 0, entry.run(), value) : entry;
  }
}

/// Only the codes have to be in the window: how many bits follow the last one is known then.
void HuffmanTable::fill_skips() {
  for (std::size_t window = 0; window < kEntries; ++window) {
    int bits = 0, places = 0;
    while (bits < kWindow) {
      const HuffmanSymbol next = symbols_[(window << bits) & (kEntries - 1)];
      // Bits after the window are read as zeros: a longer code could match by them.
      if (next.bits() == 0 || bits + next.bits() > kWindow) break;
      const bool ends = next.run() == kEndOfBlock;
      if (places > 0 && !ends && places + next.run() + 1 > kMostSkipped) break;
      bits += next.bits() + next.size();
      places += next.run() + 1;
      if (ends) break;
    }
    skips_[window] = {static_cast<std::uint8_t>(bits), static_cast<std::uint8_t>(places)};
  }
}

HuffmanSymbol HuffmanTable::search(std::uint64_t bits) const {
  for (int length = kWindow + 1; length <= 16; ++length) {
    const auto at = static_cast<std::size_t>(length);
    const auto code = static_cast<std::uint32_t>(bits >> (64 - length));
    if (code - first_[at] < counts_[at]) {
      return split(codes_.symbols[begin_[at] + code - first_[at]], length);
    }
  }
  return {};
}

}  // namespace forebay::detail
