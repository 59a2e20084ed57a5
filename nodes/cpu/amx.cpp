#include <forebay/nodes/cpu/amx.hpp>

#if defined(__x86_64__)

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>

#include <oneapi/dnnl/dnnl.hpp>

#include <forebay/nodes/cpu/intrinsics.hpp>

#define FOREBAY_AMX __attribute__((target("amx-tile,amx-bf16,avx512f,avx512bw")))

namespace forebay::amx {
namespace {

constexpr std::size_t kLine = 64;  // bytes of a tile's row

/// What LDTILECFG reads: all eight registers whole, 16 rows of 64 bytes.
struct alignas(64) Configuration {
  std::uint8_t palette = 1, start_row = 0, reserved[14] = {};
  std::uint16_t bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  std::uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};
constexpr Configuration kWhole;

/// The channels' pairs of two pixels that lie one after the other.
struct alignas(64) Order {
  constexpr Order() {
    for (std::uint16_t c = 0; c < kChannels; ++c) {
      index[2 * c] = c;
      index[2 * c + 1] = kChannels + c;
    }
  }
  std::uint16_t index[kPixels] = {};
};
constexpr Order kPairs;

const __m128i* eight(const Bfloat16* values) { return reinterpret_cast<const __m128i*>(values); }

/// Eight channels of the pixels 0, 8, 16 and 24, one in each quarter of the vector.
FOREBAY_AMX __m512i quarters(const Bfloat16* pixels, std::size_t stride) {
  __m512i all = _mm512_castsi128_si512(_mm_loadu_si128(eight(pixels)));
  all = _mm512_mask_broadcast_i32x4(all, 0x00f0, _mm_loadu_si128(eight(pixels + 8 * stride)));
  all = _mm512_mask_broadcast_i32x4(all, 0x0f00, _mm_loadu_si128(eight(pixels + 16 * stride)));
  return _mm512_mask_broadcast_i32x4(all, 0xf000, _mm_loadu_si128(eight(pixels + 24 * stride)));
}

/// Eight channels of a left tile: each quarter is transposed, 8 pixels by 8 channels.
FOREBAY_AMX void pack_half(const Bfloat16* pixels, std::size_t stride, Bfloat16* tile) {
  __m512i a[8], b[8];
#pragma GCC unroll 8
  for (std::size_t i = 0; i < 8; ++i) a[i] = quarters(pixels + i * stride, stride);
#pragma GCC unroll 4
  for (std::size_t i = 0; i < 4; ++i) {
    b[i] = _mm512_unpacklo_epi16(a[2 * i], a[2 * i + 1]);  // channels 0 to 3 of two pixels
    b[4 + i] = _mm512_unpackhi_epi16(a[2 * i], a[2 * i + 1]);
  }
#pragma GCC unroll 4
  for (std::size_t i = 0; i < 4; ++i) {
    const std::size_t to = i / 2 * 4 + i % 2;
    a[to] = _mm512_unpacklo_epi32(b[2 * i], b[2 * i + 1]);  // two channels of four pixels
    a[to + 2] = _mm512_unpackhi_epi32(b[2 * i], b[2 * i + 1]);
  }
#pragma GCC unroll 4
  for (std::size_t i = 0; i < 4; ++i) {
    _mm512_storeu_si512(tile + 2 * i * kPixels, _mm512_unpacklo_epi64(a[2 * i], a[2 * i + 1]));
    _mm512_storeu_si512(tile + (2 * i + 1) * kPixels,
                        _mm512_unpackhi_epi64(a[2 * i], a[2 * i + 1]));
  }
}

FOREBAY_AMX void configure() { _tile_loadconfig(&kWhole); }
FOREBAY_AMX void release() { _tile_release(); }

// Registers are numbers in the instructions: 0 to 5 hold sums, 6 the left tile, and 7 and, while no
// sums need it, 5 the right ones in turn.
#define FOREBAY_BEGIN(i)              \
  if constexpr (kCount > i) {         \
    if (add) {                        \
      _tile_loadd(i, sums[i], kLine); \
    } else {                          \
      _tile_zero(i);                  \
    }                                 \
  }
#define FOREBAY_ADD(i, right)                  \
  if constexpr (kCount > i) {                  \
    _tile_loadd(right, rights[i] + at, kLine); \
    _tile_dpbf16ps(i, 6, right);               \
  }
#define FOREBAY_END(i) \
  if constexpr (kCount > i) _tile_stored(i, sums[i], kLine)

template <std::size_t kCount>
FOREBAY_AMX void multiply_by(const Bfloat16* left, const Bfloat16* const* given, std::size_t tiles,
                             bool add, float* const* sums) {
  std::array<const Bfloat16*, kCount> rights;
  std::copy_n(given, kCount, rights.begin());
  std::atomic_signal_fence(std::memory_order_seq_cst);  // GCC 12 thinks that loads read no memory
  FOREBAY_BEGIN(0);
  FOREBAY_BEGIN(1);
  FOREBAY_BEGIN(2);
  FOREBAY_BEGIN(3);
  FOREBAY_BEGIN(4);
  FOREBAY_BEGIN(5);
  for (std::size_t at = 0; at < tiles * kTileSize; at += kTileSize) {
    _tile_loadd(6, left + at, kLine);
    if constexpr (kCount == 6) {
      FOREBAY_ADD(0, 7);
      FOREBAY_ADD(1, 7);
      FOREBAY_ADD(2, 7);
      FOREBAY_ADD(3, 7);
      FOREBAY_ADD(4, 7);
      FOREBAY_ADD(5, 7);
    } else {
      FOREBAY_ADD(0, 7);
      FOREBAY_ADD(1, 5);
      FOREBAY_ADD(2, 7);
      FOREBAY_ADD(3, 5);
      FOREBAY_ADD(4, 7);
    }
  }
  FOREBAY_END(0);
  FOREBAY_END(1);
  FOREBAY_END(2);
  FOREBAY_END(3);
  FOREBAY_END(4);
  FOREBAY_END(5);
}

}  // namespace

bool available() {
  // oneDNN asks the kernel for the registers as it finds out.
  constexpr auto kAmx = static_cast<unsigned>(dnnl::cpu_isa::avx512_core_amx);
  return (static_cast<unsigned>(dnnl::get_effective_cpu_isa()) & kAmx) == kAmx;
}

Tiles::Tiles() { configure(); }
Tiles::~Tiles() { release(); }

FOREBAY_AMX void pack_left(const Bfloat16* pixels, std::size_t stride, Bfloat16* tile) {
  pack_half(pixels, stride, tile);
  pack_half(pixels + 8, stride, tile + 8 * kPixels);
}

FOREBAY_AMX void pack_right(const Bfloat16* pixels, std::size_t stride, std::size_t pairs,
                            Bfloat16* lines) {
  const __m512i order = _mm512_load_si512(kPairs.index);
  for (std::size_t pair = 0; pair < pairs; ++pair) {
    const auto* first = reinterpret_cast<const __m256i*>(pixels + 2 * pair * stride);
    const auto* second = reinterpret_cast<const __m256i*>(pixels + (2 * pair + 1) * stride);
    const __m512i both = _mm512_inserti64x4(_mm512_castsi256_si512(_mm256_loadu_si256(first)),
                                            _mm256_loadu_si256(second), 1);
    _mm512_store_si512(lines + pair * kPixels, _mm512_permutexvar_epi16(order, both));
  }
}

void multiply(const Bfloat16* left, const Bfloat16* const* rights, std::size_t count,
              std::size_t tiles, bool add, float* const* sums) {
  constexpr decltype(&multiply_by<1>) kKernels[]{multiply_by<1>, multiply_by<2>, multiply_by<3>,
                                                 multiply_by<4>, multiply_by<5>, multiply_by<6>};
  kKernels[count - 1](left, rights, tiles, add, sums);
}

}  // namespace forebay::amx

#else

namespace forebay::amx {

bool available() { return false; }
Tiles::Tiles() = default;
Tiles::~Tiles() = default;
void pack_left(const Bfloat16*, std::size_t, Bfloat16*) {}
void pack_right(const Bfloat16*, std::size_t, std::size_t, Bfloat16*) {}
void multiply(const Bfloat16*, const Bfloat16* const*, std::size_t, std::size_t, bool,
              float* const*) {}

}  // namespace forebay::amx

#endif
