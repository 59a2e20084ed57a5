#include <forebay/nodes/image/baseline/idct.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "forebay/nodes/image/baseline/idct.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace forebay::detail::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// Two blocks in a vector where it is as wide, else one.
using Tag = hn::CappedTag<std::int16_t, 16>;
using Vector = hn::Vec<Tag>;

/// v x factor / 2^15, rounded.
HWY_INLINE Vector times(Vector v, int factor) {
  return hn::MulFixedPoint15(v, hn::Set(Tag(), static_cast<std::int16_t>(factor)));
}

constexpr int fraction(double value) { return static_cast<int>(value * 32768 + 0.5); }

/// Arai, Agui and Nakajima's transform, of which DctScale has the first factors.
HWY_INLINE void transform8(Vector (&v)[8]) {
  using hn::Add;
  using hn::Sub;
  const Vector even_sum = Add(v[0], v[4]), even_difference = Sub(v[0], v[4]);
  const Vector inner_sum = Add(v[2], v[6]), inner = Sub(v[2], v[6]);
  const Vector inner_difference = Sub(Add(inner, times(inner, fraction(0.414213562))), inner_sum);
  const Vector e0 = Add(even_sum, inner_sum), e3 = Sub(even_sum, inner_sum);
  const Vector e1 = Add(even_difference, inner_difference);
  const Vector e2 = Sub(even_difference, inner_difference);

  const Vector z13 = Add(v[5], v[3]), z10 = Sub(v[5], v[3]);
  const Vector z11 = Add(v[1], v[7]), z12 = Sub(v[1], v[7]);
  const Vector o7 = Add(z11, z13), z = Sub(z11, z13), z_sum = Add(z10, z12);
  const Vector o11 = Add(z, times(z, fraction(0.414213562)));
  const Vector z5 = Add(z_sum, times(z_sum, fraction(0.847759065)));
  const Vector o10 = Sub(Add(z12, times(z12, fraction(0.082392200))), z5);
  const Vector o12 = Sub(z5, Add(Add(z10, z10), times(z10, fraction(0.613125930))));
  const Vector o6 = Sub(o12, o7), o5 = Sub(o11, o6), o4 = Add(o10, o5);

  v[0] = Add(e0, o7);
  v[7] = Sub(e0, o7);
  v[1] = Add(e1, o6);
  v[6] = Sub(e1, o6);
  v[2] = Add(e2, o5);
  v[5] = Sub(e2, o5);
  v[4] = Add(e3, o4);
  v[3] = Sub(e3, o4);
}

/// Of the first four coefficients, to v[0] to v[3].
HWY_INLINE void transform4(Vector (&v)[8]) {
  using hn::Add;
  using hn::Sub;
  constexpr int kTangent = fraction(0.414213562);  // of 22.5 degrees
  const Vector e0 = Add(v[0], v[2]), e1 = Sub(v[0], v[2]);
  const Vector o0 = Add(v[1], times(v[3], kTangent)), o1 = Sub(times(v[1], kTangent), v[3]);
  v[0] = Add(e0, o0);
  v[3] = Sub(e0, o0);
  v[1] = Add(e1, o1);
  v[2] = Sub(e1, o1);
}

template <int kSize>
HWY_INLINE void transform(Vector (&v)[8]) {
  if constexpr (kSize == 8) {
    transform8(v);
  } else {
    transform4(v);
  }
}

#if HWY_TARGET == HWY_SCALAR

constexpr std::size_t kLanes = 8;

/// One block, value by value.
template <int kSize>
HWY_INLINE void transform_block(const std::int16_t* block, std::uint8_t* out, std::size_t stride) {
  const Tag d;
  std::int16_t half[8][8] = {};
  Vector v[8];
  for (std::size_t row = 0; row < kSize; ++row) {
    for (std::size_t i = 0; i < kSize; ++i) v[i] = hn::Set(d, block[i * 16 + row]);
    transform<kSize>(v);
    for (std::size_t x = 0; x < kSize; ++x) half[row][x] = hn::GetLane(v[x]);
  }
  for (std::size_t x = 0; x < kSize; ++x) {
    for (std::size_t i = 0; i < kSize; ++i) v[i] = hn::Set(d, half[i][x]);
    transform<kSize>(v);
    for (std::size_t y = 0; y < kSize; ++y) {
      const int pixel = hn::GetLane(v[y]) >> kDctFraction;
      out[y * stride + x] = static_cast<std::uint8_t>(std::clamp(pixel, 0, 255));
    }
  }
}

#else

constexpr std::size_t kLanes = HWY_MIN(HWY_LANES(std::int16_t), 16);

/// Each block of 8 x 8 for itself.
HWY_INLINE void transpose(Vector (&v)[8]) {
  const Tag d;
  for (int round = 0; round < 3; ++round) {
    Vector a[8];
    for (int i = 0; i < 4; ++i) {
      a[2 * i] = hn::InterleaveLower(d, v[i], v[i + 4]);
      a[2 * i + 1] = hn::InterleaveUpper(d, v[i], v[i + 4]);
    }
    for (int i = 0; i < 8; ++i) v[i] = a[i];
  }
}

/// As many blocks as a vector holds; the pixels of each of `kSize` rows, side by side.
template <int kSize>
HWY_INLINE void transform_block(const std::int16_t* block, std::uint8_t* out, std::size_t stride) {
  const Tag d;
  const hn::Rebind<std::uint8_t, Tag> d8;
  Vector v[8];
  for (std::size_t i = 0; i < 8; ++i) {
    v[i] = i < kSize ? hn::LoadU(d, block + i * 16) : hn::Zero(d);
  }
  transform<kSize>(v);
  transpose(v);
  transform<kSize>(v);
  for (std::size_t y = 0; y < kSize; ++y) {
    const auto pixels = hn::DemoteTo(d8, hn::ShiftRight<kDctFraction>(v[y]));
    if constexpr (kSize == 8) {
      hn::StoreU(pixels, d8, out + y * stride);
      continue;
    }
    std::uint8_t blocks[kLanes];
    hn::StoreU(pixels, d8, blocks);
    for (std::size_t lane = 0; lane < kLanes; lane += 8) {
      hwy::CopyBytes<kSize>(blocks + lane, out + y * stride + lane / 8 * kSize);
    }
  }
}

#endif

template <int kSize>
HWY_INLINE void transform_pairs(std::span<const std::int16_t> pairs, std::uint8_t* out,
                                std::size_t stride) {
  for (std::size_t at = 0; at < pairs.size(); at += kPairCoefficients, out += 2 * kSize) {
    for (std::size_t lane = 0; lane < 16; lane += kLanes) {
      transform_block<kSize>(pairs.data() + at + lane, out + lane / 8 * kSize, stride);
    }
  }
}

void inverse_dct8(std::span<const std::int16_t> pairs, std::uint8_t* out, std::size_t stride) {
  transform_pairs<8>(pairs, out, stride);
}

void inverse_dct4(std::span<const std::int16_t> pairs, std::uint8_t* out, std::size_t stride) {
  transform_pairs<4>(pairs, out, stride);
}

}  // namespace forebay::detail::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace forebay::detail {

HWY_EXPORT(inverse_dct8);
HWY_EXPORT(inverse_dct4);

namespace {

constexpr std::array<std::uint8_t, 64> kZigzag{
    0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,  12, 19, 26, 33, 40, 48,
    41, 34, 27, 20, 13, 6,  7,  14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23,
    30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63};

/// Of one direction. Squared, the first one is 1/8: so many pixels share the first coefficient.
double factor_of(int size, std::size_t frequency) {
  using std::numbers::pi;
  const double first = std::sqrt(0.125);
  if (frequency >= static_cast<std::size_t>(size)) return 0;
  if (frequency == 0) return first;
  if (size == 8)
    return first * std::numbers::sqrt2 * std::cos(static_cast<double>(frequency) * pi / 16);
  const bool odd_of_four = size == 4 && frequency % 2 == 1;
  return odd_of_four ? 0.5 * std::cos(pi / 8) : first;
}

/// For sizes 1, 2, 4 and 8, in the order of rows.
using Factors = std::array<std::array<double, 64>, 4>;

const Factors& factors() {
  static const Factors all = [] {
    Factors made{};
    for (std::size_t log = 0; log < made.size(); ++log) {
      for (std::size_t i = 0; i < 64; ++i) {
        made[log][i] = factor_of(1 << log, i / 8) * factor_of(1 << log, i % 8);
      }
    }
    return made;
  }();
  return all;
}

/// With the four coefficients of each block that remain, or the first one.
void inverse_dct_small(std::span<const std::int16_t> pairs, int size, std::uint8_t* out,
                       std::size_t stride) {
  const auto pixel = [](int value) {
    return static_cast<std::uint8_t>(std::clamp(value >> kDctFraction, 0, 255));
  };
  for (std::size_t at = 0; at < pairs.size(); at += kPairCoefficients) {
    for (std::size_t lane = 0; lane < 16; lane += 8, out += size) {
      const std::int16_t* block = pairs.data() + at + lane;
      if (size == 1) {
        out[0] = pixel(block[0]);
        continue;
      }
      const int top = block[0] + block[1], bottom = block[0] - block[1];
      const int top_change = block[16] + block[17], bottom_change = block[16] - block[17];
      out[0] = pixel(top + top_change);
      out[1] = pixel(top - top_change);
      out[stride] = pixel(bottom + bottom_change);
      out[stride + 1] = pixel(bottom - bottom_change);
    }
  }
}

}  // namespace

DctScale::DctScale(const std::array<std::uint16_t, 64>& quant, int block_size)
    : size(block_size), needed(0) {
  const auto log = static_cast<std::size_t>(std::countr_zero(static_cast<unsigned>(size)));
  for (std::size_t i = 0; i < 64; ++i) {
    const std::size_t at = kZigzag[i];
    const double exact = factors()[log][at] * quant[i] * (1 << (kDctFraction + kBits));
    factor[i] = static_cast<std::int32_t>(exact + 0.5);
    place[i] = static_cast<std::uint8_t>(at % 8 * 16 + at / 8);
    if (factor[i] != 0) needed = static_cast<int>(i) + 1;
  }
}

void inverse_dct(std::span<const std::int16_t> pairs, int size, std::uint8_t* out,
                 std::size_t stride) {
  if (size == 8) {
    HWY_DYNAMIC_DISPATCH(inverse_dct8)(pairs, out, stride);
  } else if (size == 4) {
    HWY_DYNAMIC_DISPATCH(inverse_dct4)(pairs, out, stride);
  } else {
    inverse_dct_small(pairs, size, out, stride);
  }
}

}  // namespace forebay::detail
#endif
