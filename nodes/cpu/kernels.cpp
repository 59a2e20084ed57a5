#include <forebay/nodes/cpu/kernels.hpp>

#include <algorithm>

#include <forebay/nodes/cpu/bfloat16_kernels.hpp>
#include <forebay/nodes/widest.hpp>

namespace forebay::kernels {
namespace {

// Rows read together: the sums stay in the first-level cache and are touched once per 8 rows.
constexpr std::size_t kRows = 8;
// Rows summed in float before the sums go to double.
constexpr std::size_t kFloatRows = 256;

void flush(float* __restrict scratch, std::size_t size, double* __restrict sums) {
  for (std::size_t c = 0; c < size; ++c) {
    sums[c] += static_cast<double>(scratch[c]);
    scratch[c] = 0;
  }
}

template <class Value>
void add_moments_block(const Value* __restrict x, std::size_t rows, std::size_t channels,
                       const Value* __restrict centre, float* __restrict first,
                       float* __restrict second) {
  std::size_t row = 0;
  for (; row + kRows <= rows; row += kRows) {
    const Value* __restrict at = x + row * channels;
    for (std::size_t c = 0; c < channels; ++c) {
      float sum = 0, square = 0;
      for (std::size_t r = 0; r < kRows; ++r) {
        const float d = to_float(at[r * channels + c]) - to_float(centre[c]);
        sum += d;
        square += d * d;
      }
      first[c] += sum;
      second[c] += square;
    }
  }
  for (; row < rows; ++row) {
    for (std::size_t c = 0; c < channels; ++c) {
      const float d = to_float(x[row * channels + c]) - to_float(centre[c]);
      first[c] += d;
      second[c] += d * d;
    }
  }
}

/// Takes the moments of a block, given as sums around `centre`, into those of `before` rows.
template <class Value>
void merge_block(double before, double* __restrict mean, double* __restrict squares, double count,
                 const Value* __restrict centre, const float* __restrict first,
                 const float* __restrict second, std::size_t channels) {
  const double share = count / (before + count), one_row = 1 / count;
  for (std::size_t c = 0; c < channels; ++c) {
    const double difference = static_cast<double>(first[c]) * one_row;
    const double own = static_cast<double>(second[c]) - difference * difference * count;
    const double apart = static_cast<double>(to_float(centre[c])) + difference - mean[c];
    mean[c] += apart * share;
    squares[c] += std::max(own, 0.0) + apart * apart * share * before;
  }
}

template <class Value>
void normalise_add(const Value* __restrict x, std::size_t rows, std::size_t channels,
                   const float* __restrict scale, const float* __restrict shift,
                   const Value* __restrict other, float floor, Value* __restrict y) {
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t c = 0; c < channels; ++c) {
      const std::size_t i = row * channels + c;
      const float value = to_float(x[i]) * scale[c] + shift[c] + to_float(other[i]);
      y[i] = from_float<Value>(value < floor ? floor : value);
    }
  }
}

template <class Value>
void normalise_alone(const Value* __restrict x, std::size_t rows, std::size_t channels,
                     const float* __restrict scale, const float* __restrict shift, float floor,
                     Value* __restrict y) {
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t c = 0; c < channels; ++c) {
      const float value = to_float(x[row * channels + c]) * scale[c] + shift[c];
      y[row * channels + c] = from_float<Value>(value < floor ? floor : value);
    }
  }
}

template <class Value>
void add_gradient_moments_block(const Value* __restrict x, const Value* __restrict g,
                                std::size_t rows, std::size_t channels,
                                const float* __restrict scale, const float* __restrict shift,
                                float floor, const float* __restrict mean, float* __restrict first,
                                float* __restrict second) {
  std::size_t row = 0;
  for (; row + kRows <= rows; row += kRows) {
    const std::size_t at = row * channels;
    for (std::size_t c = 0; c < channels; ++c) {
      float sum = 0, product = 0;
      for (std::size_t r = 0; r < kRows; ++r) {
        const float value = to_float(x[at + r * channels + c]);
        const float gradient = to_float(g[at + r * channels + c]);
        const float dz = value * scale[c] + shift[c] > floor ? gradient : 0.0F;
        sum += dz;
        product += dz * (value - mean[c]);
      }
      first[c] += sum;
      second[c] += product;
    }
  }
  for (; row < rows; ++row) {
    for (std::size_t c = 0; c < channels; ++c) {
      const float value = to_float(x[row * channels + c]);
      const float gradient = to_float(g[row * channels + c]);
      const float dz = value * scale[c] + shift[c] > floor ? gradient : 0.0F;
      first[c] += dz;
      second[c] += dz * (value - mean[c]);
    }
  }
}

template <class Value>
void normalise_backward_block(const Value* __restrict x, const Value* __restrict g,
                              std::size_t rows, std::size_t channels, const float* __restrict scale,
                              const float* __restrict shift, float floor,
                              const float* __restrict mean, const float* __restrict slope,
                              const float* __restrict offset, Value* __restrict dx) {
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t c = 0; c < channels; ++c) {
      const std::size_t i = row * channels + c;
      const float value = to_float(x[i]), gradient = to_float(g[i]);
      const float dz = value * scale[c] + shift[c] > floor ? gradient : 0.0F;
      dx[i] = from_float<Value>(dz * scale[c] + (value - mean[c]) * slope[c] + offset[c]);
    }
  }
}

template <class Value>
void add_floor_loop(const Value* a, const Value* b, std::size_t size, float floor, Value* y) {
  for (std::size_t i = 0; i < size; ++i) {
    const float value = b == nullptr ? to_float(a[i]) : to_float(a[i]) + to_float(b[i]);
    y[i] = from_float<Value>(value < floor ? floor : value);
  }
}

template <class Value>
void mask_gradient_loop(const Value* a, const Value* b, const Value* y, std::size_t size,
                        float floor, Value* dz) {
  for (std::size_t i = 0; i < size; ++i) {
    const float value = b == nullptr ? to_float(a[i]) : to_float(a[i]) + to_float(b[i]);
    dz[i] = from_float<Value>(to_float(y[i]) > floor ? value : 0.0F);
  }
}

template <class Value>
void sum_rows_loop(const Value* x, std::size_t rows, std::size_t channels, float factor, Value* y) {
  constexpr std::size_t kColumns = 64;  // summed together
  for (std::size_t begin = 0; begin < channels; begin += kColumns) {
    const std::size_t columns = std::min(kColumns, channels - begin);
    float sums[kColumns] = {};
    for (std::size_t row = 0; row < rows; ++row) {
      const Value* at = x + row * channels + begin;
      for (std::size_t c = 0; c < columns; ++c) sums[c] += to_float(at[c]);
    }
    for (std::size_t c = 0; c < columns; ++c) y[begin + c] = from_float<Value>(factor * sums[c]);
  }
}

template <class Value>
void repeat_row_loop(const Value* x, std::size_t rows, std::size_t channels, float factor,
                     Value* y) {
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t c = 0; c < channels; ++c) {
      y[row * channels + c] = from_float<Value>(factor * to_float(x[c]));
    }
  }
}

template <class From, class To>
void convert_loop(const From* x, std::size_t size, To* y) {
  for (std::size_t i = 0; i < size; ++i) y[i] = from_float<To>(to_float(x[i]));
}

}  // namespace

template <class Value>
void add_moments(std::size_t before, const Value* x, std::size_t rows, std::size_t channels,
                 double* mean, double* squares, float* scratch) {
  if (before == 0) {
    std::fill_n(mean, channels, 0.0);
    std::fill_n(squares, channels, 0.0);
  }
  for (std::size_t row = 0; row < rows; row += kFloatRows) {
    const Value* block = x + row * channels;
    const std::size_t size = std::min(kFloatRows, rows - row);
    std::fill_n(scratch, 2 * channels, 0.0F);
    widest<add_moments_block<Value>>(block, size, channels, block, scratch, scratch + channels);
    widest<merge_block<Value>>(static_cast<double>(before + row), mean, squares,
                               static_cast<double>(size), block, scratch, scratch + channels,
                               channels);
  }
}

void merge_moments(std::size_t rows, double* mean, double* squares, std::size_t more_rows,
                   const double* more_mean, const double* more_squares, std::size_t channels) {
  const auto before = static_cast<double>(rows);
  const double share = static_cast<double>(more_rows) / static_cast<double>(rows + more_rows);
  for (std::size_t c = 0; c < channels; ++c) {
    const double apart = more_mean[c] - mean[c];
    mean[c] += apart * share;
    squares[c] += more_squares[c] + apart * apart * share * before;
  }
}

template <class Value>
void normalise(const Value* x, std::size_t rows, std::size_t channels, Affine affine,
               const std::type_identity_t<Value>* other, float floor, Value* y) {
  if constexpr (std::is_same_v<Value, Bfloat16>) {
    if (has_bfloat16_kernels(channels)) {
      return normalise_bfloat16(x, rows, channels, affine, other, floor, y);
    }
  }
  if (other != nullptr) {
    widest<normalise_add<Value>>(x, rows, channels, affine.scale, affine.shift, other, floor, y);
  } else {
    widest<normalise_alone<Value>>(x, rows, channels, affine.scale, affine.shift, floor, y);
  }
}

template <class Value>
void add_gradient_moments(const Value* x, const Value* g, std::size_t rows, std::size_t channels,
                          Affine affine, float floor, const float* mean, double* sums,
                          float* scratch) {
  std::fill_n(scratch, 2 * channels, 0.0F);
  for (std::size_t row = 0; row < rows; row += kFloatRows) {
    widest<add_gradient_moments_block<Value>>(
        x + row * channels, g + row * channels, std::min(kFloatRows, rows - row), channels,
        affine.scale, affine.shift, floor, mean, scratch, scratch + channels);
    flush(scratch, 2 * channels, sums);
  }
}

template <class Value>
void normalise_backward(const Value* x, const Value* g, std::size_t rows, std::size_t channels,
                        Affine affine, float floor, const float* mean, const float* slope,
                        const float* offset, Value* dx) {
  if constexpr (std::is_same_v<Value, Bfloat16>) {
    if (has_bfloat16_kernels(channels)) {
      return normalise_backward_bfloat16(x, g, rows, channels, affine, floor, mean, slope, offset,
                                         dx);
    }
  }
  widest<normalise_backward_block<Value>>(x, g, rows, channels, affine.scale, affine.shift, floor,
                                          mean, slope, offset, dx);
}

template <class Value>
void add_floor(const Value* a, const std::type_identity_t<Value>* b, std::size_t size, float floor,
               Value* y) {
  widest<add_floor_loop<Value>>(a, b, size, floor, y);
}

template <class Value>
void mask_gradient(const Value* a, const std::type_identity_t<Value>* b, const Value* y,
                   std::size_t size, float floor, Value* dz) {
  if constexpr (std::is_same_v<Value, Bfloat16>) {
    if (has_bfloat16_kernels(size)) return mask_gradient_bfloat16(a, b, y, size, floor, dz);
  }
  widest<mask_gradient_loop<Value>>(a, b, y, size, floor, dz);
}

template <class Value>
void sum_rows(const Value* x, std::size_t rows, std::size_t channels, float factor, Value* y) {
  widest<sum_rows_loop<Value>>(x, rows, channels, factor, y);
}

template <class Value>
void repeat_row(const Value* x, std::size_t rows, std::size_t channels, float factor, Value* y) {
  widest<repeat_row_loop<Value>>(x, rows, channels, factor, y);
}

template <class From, class To>
void convert(const From* x, std::size_t size, To* y) {
  widest<convert_loop<From, To>>(x, size, y);
}

#define FOREBAY_KERNELS(Value)                                                                     \
  template void add_moments(std::size_t, const Value*, std::size_t, std::size_t, double*, double*, \
                            float*);                                                               \
  template void normalise(const Value*, std::size_t, std::size_t, Affine, const Value*, float,     \
                          Value*);                                                                 \
  template void add_gradient_moments(const Value*, const Value*, std::size_t, std::size_t, Affine, \
                                     float, const float*, double*, float*);                        \
  template void normalise_backward(const Value*, const Value*, std::size_t, std::size_t, Affine,   \
                                   float, const float*, const float*, const float*, Value*);       \
  template void add_floor(const Value*, const Value*, std::size_t, float, Value*);                 \
  template void mask_gradient(const Value*, const Value*, const Value*, std::size_t, float,        \
                              Value*);                                                             \
  template void sum_rows(const Value*, std::size_t, std::size_t, float, Value*);                   \
  template void repeat_row(const Value*, std::size_t, std::size_t, float, Value*);                 \
  template void convert(const float*, std::size_t, Value*)

FOREBAY_KERNELS(float);
FOREBAY_KERNELS(Bfloat16);
template void convert(const Bfloat16*, std::size_t, float*);

}  // namespace forebay::kernels
