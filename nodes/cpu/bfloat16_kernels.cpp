#include <forebay/nodes/cpu/bfloat16_kernels.hpp>

#include <algorithm>

#if defined(__x86_64__)

#include <forebay/nodes/cpu/intrinsics.hpp>

#define FOREBAY_WIDE __attribute__((target("avx512f,avx512bw,avx512bf16")))

namespace forebay::kernels {
namespace {

constexpr std::size_t kVector = 32;  // values
// Values whose rows are gone through once for each vector of channels, with that one's factors in
// registers: so few that they come to the first-level cache as if read in order.
constexpr std::size_t kTurn = 1024;

/// Calls body(c, begin, end) for each vector of channels from c on and some of the rows.
template <class Body>
FOREBAY_WIDE inline void for_each_vector(std::size_t rows, std::size_t channels, const Body& body) {
  const std::size_t turn = std::max<std::size_t>(kTurn / channels, 1);
  for (std::size_t begin = 0; begin < rows; begin += turn) {
    const std::size_t end = std::min(begin + turn, rows);
    for (std::size_t c = 0; c < channels; c += kVector) body(c, begin, end);
  }
}

/// 32 values as floats.
struct Floats {
  __m512 low, high;
};

FOREBAY_WIDE inline __m512 widen(const Bfloat16* values) {
  const __m256i bits = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(values));
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bits), 16));
}
FOREBAY_WIDE inline Floats load(const Bfloat16* values) {
  return {widen(values), widen(values + 16)};
}
FOREBAY_WIDE inline Floats load(const float* values) {
  return {_mm512_loadu_ps(values), _mm512_loadu_ps(values + 16)};
}
FOREBAY_WIDE inline void store(Bfloat16* values, const Floats& floats) {
  const __m512bh rounded = _mm512_cvtne2ps_pbh(floats.high, floats.low);
  _mm512_storeu_si512(values, reinterpret_cast<const __m512i&>(rounded));
}

template <bool kAdds>
FOREBAY_WIDE void normalise_loop(const Bfloat16* x, std::size_t rows, std::size_t channels,
                                 Affine affine, const Bfloat16* other, float floor, Bfloat16* y) {
  const __m512 least = _mm512_set1_ps(floor);
  for_each_vector(
      rows, channels, [=](std::size_t c, std::size_t begin, std::size_t end) FOREBAY_WIDE {
        const Floats scale = load(affine.scale + c), shift = load(affine.shift + c);
        for (std::size_t row = begin; row < end; ++row) {
          const std::size_t at = row * channels + c;
          Floats value = load(x + at);
          value.low = _mm512_fmadd_ps(value.low, scale.low, shift.low);
          value.high = _mm512_fmadd_ps(value.high, scale.high, shift.high);
          if constexpr (kAdds) {
            const Floats added = load(other + at);
            value.low = _mm512_add_ps(value.low, added.low);
            value.high = _mm512_add_ps(value.high, added.high);
          }
          // The second operand is taken where one is not a number.
          store(y + at, {_mm512_max_ps(least, value.low), _mm512_max_ps(least, value.high)});
        }
      });
}

/// g where x * scale + shift is above `least`, else 0.
FOREBAY_WIDE inline __m512 masked(__m512 x, __m512 g, __m512 least, __m512 scale, __m512 shift) {
  const __m512 y = _mm512_fmadd_ps(x, scale, shift);
  return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(y, least, _CMP_GT_OQ), g);
}

FOREBAY_WIDE inline __m512 gradient_of(__m512 x, __m512 g, __m512 least, __m512 scale, __m512 shift,
                                       __m512 mean, __m512 slope, __m512 offset) {
  const __m512 dz = masked(x, g, least, scale, shift);
  const __m512 of_x = _mm512_mul_ps(_mm512_sub_ps(x, mean), slope);
  return _mm512_add_ps(_mm512_fmadd_ps(dz, scale, of_x), offset);
}

}  // namespace

bool has_bfloat16_kernels(std::size_t size) {
  return size % kVector == 0 && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512bf16");
}

void normalise_bfloat16(const Bfloat16* x, std::size_t rows, std::size_t channels, Affine affine,
                        const Bfloat16* other, float floor, Bfloat16* y) {
  if (other != nullptr) {
    normalise_loop<true>(x, rows, channels, affine, other, floor, y);
  } else {
    normalise_loop<false>(x, rows, channels, affine, other, floor, y);
  }
}

FOREBAY_WIDE void normalise_backward_bfloat16(const Bfloat16* x, const Bfloat16* g,
                                              std::size_t rows, std::size_t channels, Affine affine,
                                              float floor, const float* mean, const float* slope,
                                              const float* offset, Bfloat16* dx) {
  const __m512 least = _mm512_set1_ps(floor);
  for_each_vector(
      rows, channels, [=](std::size_t c, std::size_t begin, std::size_t end) FOREBAY_WIDE {
        const Floats scale = load(affine.scale + c), shift = load(affine.shift + c);
        const Floats centre = load(mean + c), steep = load(slope + c), constant = load(offset + c);
        for (std::size_t row = begin; row < end; ++row) {
          const std::size_t at = row * channels + c;
          const Floats value = load(x + at), gradient = load(g + at);
          store(dx + at, {gradient_of(value.low, gradient.low, least, scale.low, shift.low,
                                      centre.low, steep.low, constant.low),
                          gradient_of(value.high, gradient.high, least, scale.high, shift.high,
                                      centre.high, steep.high, constant.high)});
        }
      });
}

FOREBAY_WIDE void mask_gradient_bfloat16(const Bfloat16* a, const Bfloat16* b, const Bfloat16* y,
                                         std::size_t size, float floor, Bfloat16* dz) {
  const __m512 least = _mm512_set1_ps(floor);
  for (std::size_t i = 0; i < size; i += kVector) {
    Floats sum = load(a + i);
    if (b != nullptr) {
      const Floats more = load(b + i);
      sum.low = _mm512_add_ps(sum.low, more.low);
      sum.high = _mm512_add_ps(sum.high, more.high);
    }
    const Floats value = load(y + i);
    const __mmask16 low = _mm512_cmp_ps_mask(value.low, least, _CMP_GT_OQ);
    const __mmask16 high = _mm512_cmp_ps_mask(value.high, least, _CMP_GT_OQ);
    store(dz + i, {_mm512_maskz_mov_ps(low, sum.low), _mm512_maskz_mov_ps(high, sum.high)});
  }
}

}  // namespace forebay::kernels

#else

namespace forebay::kernels {

bool has_bfloat16_kernels(std::size_t /*size*/) { return false; }
void normalise_bfloat16(const Bfloat16*, std::size_t, std::size_t, Affine, const Bfloat16*, float,
                        Bfloat16*) {}
void normalise_backward_bfloat16(const Bfloat16*, const Bfloat16*, std::size_t, std::size_t, Affine,
                                 float, const float*, const float*, const float*, Bfloat16*) {}
void mask_gradient_bfloat16(const Bfloat16*, const Bfloat16*, const Bfloat16*, std::size_t, float,
                            Bfloat16*) {}

}  // namespace forebay::kernels

#endif
