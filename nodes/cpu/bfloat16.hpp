#pragma once

// The 16-bit floats that activations may have: arithmetic is done on floats.

#include <bit>
#include <cstdint>

namespace forebay {

/// The upper half of a float: its range, with 8 significant bits.
struct Bfloat16 {
  std::uint16_t bits = 0;
};

inline float to_float(float value) { return value; }
inline float to_float(Bfloat16 value) {
  return std::bit_cast<float>(std::uint32_t{value.bits} << 16);
}

/// The nearest `To`, of two equally near the even one; what is not a number stays so.
template <class To>
To from_float(float value);

template <>
inline float from_float<float>(float value) {
  return value;
}

template <>
inline Bfloat16 from_float<Bfloat16>(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t rounded = (bits + 0x7fffU + ((bits >> 16) & 1U)) >> 16;
  const std::uint32_t quiet = (bits >> 16) | 0x40U;  // a carry would make a number of it
  return {static_cast<std::uint16_t>(value != value ? quiet : rounded)};
}

}  // namespace forebay
