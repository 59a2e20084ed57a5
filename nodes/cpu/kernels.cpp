#include <forebay/nodes/cpu/kernels.hpp>

#include <algorithm>

#include <forebay/nodes/vector_clones.hpp>

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

}  // namespace

FOREBAY_VECTOR_CLONES
static void add_moments_block(const float* __restrict x, std::size_t rows, std::size_t channels,
                              const float* __restrict centre, float* __restrict first,
                              float* __restrict second) {
  std::size_t row = 0;
  for (; row + kRows <= rows; row += kRows) {
    const float* __restrict at = x + row * channels;
    for (std::size_t c = 0; c < channels; ++c) {
      float sum = 0, square = 0;
      for (std::size_t r = 0; r < kRows; ++r) {
        const float d = at[r * channels + c] - centre[c];
        sum += d;
        square += d * d;
      }
      first[c] += sum;
      second[c] += square;
    }
  }
  for (; row < rows; ++row) {
    for (std::size_t c = 0; c < channels; ++c) {
      const float d = x[row * channels + c] - centre[c];
      first[c] += d;
      second[c] += d * d;
    }
  }
}

/// Takes the moments of a block, given as sums around `centre`, into those of `before` rows.
FOREBAY_VECTOR_CLONES
static void merge_block(double before, double* __restrict mean, double* __restrict squares,
                        double count, const float* __restrict centre, const float* __restrict first,
                        const float* __restrict second, std::size_t channels) {
  const double share = count / (before + count), one_row = 1 / count;
  for (std::size_t c = 0; c < channels; ++c) {
    const double difference = static_cast<double>(first[c]) * one_row;
    const double own = static_cast<double>(second[c]) - difference * difference * count;
    const double apart = static_cast<double>(centre[c]) + difference - mean[c];
    mean[c] += apart * share;
    squares[c] += std::max(own, 0.0) + apart * apart * share * before;
  }
}

void moments(const float* x, std::size_t rows, std::size_t channels, double* mean, double* squares,
             float* scratch) {
  std::fill_n(mean, channels, 0.0);
  std::fill_n(squares, channels, 0.0);
  for (std::size_t row = 0; row < rows; row += kFloatRows) {
    const float* block = x + row * channels;
    const std::size_t size = std::min(kFloatRows, rows - row);
    std::fill_n(scratch, 2 * channels, 0.0F);
    add_moments_block(block, size, channels, /*centre=*/block, scratch, scratch + channels);
    merge_block(static_cast<double>(row), mean, squares, static_cast<double>(size), block, scratch,
                scratch + channels, channels);
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

FOREBAY_VECTOR_CLONES
static void normalise_add(const float* __restrict x, std::size_t rows, std::size_t channels,
                          const float* __restrict scale, const float* __restrict shift,
                          const float* __restrict other, float floor, float* __restrict y) {
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t c = 0; c < channels; ++c) {
      const std::size_t i = row * channels + c;
      const float value = x[i] * scale[c] + shift[c] + other[i];
      y[i] = value < floor ? floor : value;
    }
  }
}

FOREBAY_VECTOR_CLONES
static void normalise_alone(const float* __restrict x, std::size_t rows, std::size_t channels,
                            const float* __restrict scale, const float* __restrict shift,
                            float floor, float* __restrict y) {
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t c = 0; c < channels; ++c) {
      const float value = x[row * channels + c] * scale[c] + shift[c];
      y[row * channels + c] = value < floor ? floor : value;
    }
  }
}

void normalise(const float* x, std::size_t rows, std::size_t channels, Affine affine,
               const float* other, float floor, float* y) {
  if (other != nullptr) {
    normalise_add(x, rows, channels, affine.scale, affine.shift, other, floor, y);
  } else {
    normalise_alone(x, rows, channels, affine.scale, affine.shift, floor, y);
  }
}

FOREBAY_VECTOR_CLONES
static void add_gradient_moments_block(const float* __restrict x, const float* __restrict g,
                                       std::size_t rows, std::size_t channels,
                                       const float* __restrict scale, const float* __restrict shift,
                                       float floor, const float* __restrict mean,
                                       float* __restrict first, float* __restrict second) {
  std::size_t row = 0;
  for (; row + kRows <= rows; row += kRows) {
    const std::size_t at = row * channels;
    for (std::size_t c = 0; c < channels; ++c) {
      float sum = 0, product = 0;
      for (std::size_t r = 0; r < kRows; ++r) {
        const float value = x[at + r * channels + c];
        const float gradient = g[at + r * channels + c];
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
      const float value = x[row * channels + c];
      const float dz = value * scale[c] + shift[c] > floor ? g[row * channels + c] : 0.0F;
      first[c] += dz;
      second[c] += dz * (value - mean[c]);
    }
  }
}

void add_gradient_moments(const float* x, const float* g, std::size_t rows, std::size_t channels,
                          Affine affine, float floor, const float* mean, double* sums,
                          float* scratch) {
  std::fill_n(scratch, 2 * channels, 0.0F);
  for (std::size_t row = 0; row < rows; row += kFloatRows) {
    add_gradient_moments_block(x + row * channels, g + row * channels,
                               std::min(kFloatRows, rows - row), channels, affine.scale,
                               affine.shift, floor, mean, scratch, scratch + channels);
    flush(scratch, 2 * channels, sums);
  }
}

FOREBAY_VECTOR_CLONES
static void normalise_backward_block(const float* __restrict x, const float* __restrict g,
                                     std::size_t rows, std::size_t channels,
                                     const float* __restrict scale, const float* __restrict shift,
                                     float floor, const float* __restrict mean,
                                     const float* __restrict slope, const float* __restrict offset,
                                     float* __restrict dx) {
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t c = 0; c < channels; ++c) {
      const std::size_t i = row * channels + c;
      const float dz = x[i] * scale[c] + shift[c] > floor ? g[i] : 0.0F;
      dx[i] = dz * scale[c] + (x[i] - mean[c]) * slope[c] + offset[c];
    }
  }
}

void normalise_backward(const float* x, const float* g, std::size_t rows, std::size_t channels,
                        Affine affine, float floor, const float* mean, const float* slope,
                        const float* offset, float* dx) {
  normalise_backward_block(x, g, rows, channels, affine.scale, affine.shift, floor, mean, slope,
                           offset, dx);
}

FOREBAY_VECTOR_CLONES
void add_floor(const float* a, const float* b, std::size_t size, float floor, float* y) {
  if (b == nullptr) {
    for (std::size_t i = 0; i < size; ++i) y[i] = a[i] < floor ? floor : a[i];
    return;
  }
  for (std::size_t i = 0; i < size; ++i) {
    const float value = a[i] + b[i];
    y[i] = value < floor ? floor : value;
  }
}

FOREBAY_VECTOR_CLONES
void mask_gradient(const float* a, const float* b, const float* y, std::size_t size, float floor,
                   float* dz) {
  if (b == nullptr) {
    for (std::size_t i = 0; i < size; ++i) dz[i] = y[i] > floor ? a[i] : 0.0F;
    return;
  }
  for (std::size_t i = 0; i < size; ++i) dz[i] = y[i] > floor ? a[i] + b[i] : 0.0F;
}

FOREBAY_VECTOR_CLONES
void sum_rows(const float* x, std::size_t rows, std::size_t channels, float factor, float* y) {
  std::fill_n(y, channels, 0.0F);
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t c = 0; c < channels; ++c) y[c] += x[row * channels + c];
  }
  for (std::size_t c = 0; c < channels; ++c) y[c] *= factor;
}

FOREBAY_VECTOR_CLONES
void repeat_row(const float* x, std::size_t rows, std::size_t channels, float factor, float* y) {
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t c = 0; c < channels; ++c) y[row * channels + c] = factor * x[c];
  }
}

}  // namespace forebay::kernels
