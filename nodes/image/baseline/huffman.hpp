#pragma once

// Tables that decode Huffman codes and the bits after them in one step.

#include <array>
#include <cstddef>
#include <cstdint>

#include <forebay/nodes/image/baseline/frame.hpp>

namespace forebay::detail {

/// One code with what follows it: a coefficient of `size` bits after `run` zeros. Where the bits of
/// the coefficient were in the table's window too, `value` has them and `size` is 0. In one word,
/// for it is looked up for each coefficient.
class HuffmanSymbol {
 public:
  HuffmanSymbol() = default;
  HuffmanSymbol(int bits, int size, int run, int value)
      : packed_(static_cast<std::uint32_t>(value) << 16 | static_cast<std::uint32_t>(run) << 9 |
                static_cast<std::uint32_t>(size) << 5 | static_cast<std::uint32_t>(bits)) {}

  int bits() const { return static_cast<int>(packed_ & 31); }  // to consume; 0: no symbol
  int size() const { return static_cast<int>(packed_ >> 5 & 15); }
  int run() const { return static_cast<int>(packed_ >> 9 & 127); }
  int value() const { return static_cast<std::int32_t>(packed_) >> 16; }

 private:
  std::uint32_t packed_ = 0;
};

/// What a window begins with when only the position matters: one or more symbols.
struct HuffmanSkip {
  std::uint8_t bits = 0;  // of all of them, with their coefficients; 0: not even one symbol
  std::uint8_t places = 0;
};

enum class HuffmanKind : std::uint8_t { kDc, kAc };

/// Looked up with the next `kWindow` bits; codes that are longer are searched for.
class HuffmanTable {
 public:
  static constexpr int kWindow = 10;
  static constexpr int kEndOfBlock = 100;  // a run that leads out of every block
  static constexpr int kMostSkipped = 16;  // places of a skip that does not end the block

  /// False for codes that libjpeg is to judge.
  bool build(const HuffmanCodes& codes, HuffmanKind kind);

  /// `bits` begins with the next 64 bits of the stream. A symbol of no bits where none matches.
  HuffmanSymbol symbol(std::uint64_t bits) const {
    const HuffmanSymbol found = symbols_[bits >> (64 - kWindow)];
    if (found.bits() != 0) [[likely]]
      return found;
    return search(bits);
  }

  HuffmanSkip skip(std::uint64_t bits) const { return skips_[bits >> (64 - kWindow)]; }

  bool is_of(const HuffmanCodes& codes, HuffmanKind kind) const {
    return built_ && kind_ == kind && codes_ == codes;
  }

 private:
  static constexpr std::size_t kEntries = std::size_t{1} << kWindow;

  HuffmanSymbol split(std::uint8_t symbol, int bits) const;
  HuffmanSymbol search(std::uint64_t bits) const;
  void fill(std::uint32_t code, int bits, std::uint8_t symbol);
  void fill_skips();

  alignas(64) std::array<HuffmanSymbol, kEntries> symbols_;
  std::array<HuffmanSkip, kEntries> skips_;
  std::array<std::uint32_t, 17> first_;   // code of each length
  std::array<std::uint32_t, 17> counts_;  // of codes of each length
  std::array<std::uint32_t, 17> begin_;   // of their symbols
  HuffmanCodes codes_;
  HuffmanKind kind_ = HuffmanKind::kDc;
  bool built_ = false;
};

/// The coefficient that JPEG writes as the `size` bits `bits`.
inline int coefficient(std::uint32_t bits, int size) {
  const auto value = static_cast<int>(bits);
  const bool negative = size > 0 && value < 1 << (size - 1);
  return negative ? value - (1 << size) + 1 : value;
}

}  // namespace forebay::detail
