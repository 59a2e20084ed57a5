#pragma once

// The inverse discrete cosine transform, at full size and reduced.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace forebay::detail {

/// Blocks are 8 x 8 coefficients, transposed, and lie in pairs: row r of the first, row r of the
/// second, row r + 1 of the first, ... So one vector holds rows of both.
inline constexpr std::size_t kPairCoefficients = 128;

/// Where the first coefficient of a block of a row is.
constexpr std::size_t block_begin(std::size_t block) {
  return block / 2 * kPairCoefficients + block % 2 * 8;
}

/// What coefficients of a component are multiplied with for a transform to `size` x `size` pixels
/// (8, 4, 2 or 1), and where they go; in the order of the scan.
struct DctScale {
  static constexpr int kBits = 12;  // the factor's unit is 2^-12

  int size = 8;
  int needed = 64;  // coefficients from here on play no part
  std::array<std::int32_t, 64> factor{};
  std::array<std::uint8_t, 64> place{};  // in a pair

  DctScale() = default;
  DctScale(const std::array<std::uint16_t, 64>& quant, int block_size);

  std::int16_t scaled(int coefficient, int at) const {
    const auto i = static_cast<std::size_t>(at);
    // Unsigned, for it may overflow: damaged data can hold any number.
    const auto product =
        static_cast<std::uint32_t>(coefficient) * static_cast<std::uint32_t>(factor[i]) +
        (1u << (kBits - 1));
    return static_cast<std::int16_t>(static_cast<std::int32_t>(product) >> kBits);
  }
};

/// What is added to the first coefficient: half of 256, and half of the last bit for rounding.
inline constexpr int kDctFraction = 4;  // bits of a coefficient after the point
inline constexpr int kDctBias = (128 << kDctFraction) + (1 << (kDctFraction - 1));

/// Transforms pairs of blocks to rows of `2 x size` pixels each, side by side from `out` on, which
/// has `size` rows, `stride` bytes apart. Within 2 of libjpeg's exact transform, nearly always
/// within 1.
void inverse_dct(std::span<const std::int16_t> pairs, int size, std::uint8_t* out,
                 std::size_t stride);

}  // namespace forebay::detail
