#pragma once

// Loops over floats that the compiler vectorises, for AVX-512, AVX2 and plain x86-64.
//
// Matrices are rows x channels, row after row. `floor` is 0 for a ReLU and minus infinity for none.

#include <cstddef>

namespace forebay::kernels {

/// Per-channel factors of one batch norm: y = x * scale + shift.
struct Affine {
  const float* scale = nullptr;
  const float* shift = nullptr;
};

/// The mean over rows, and the sum of the squares of x - mean. Each block of 256 rows is summed
/// around its own first row and merged as Chan, Golub and LeVeque do (1983), so that far from zero
/// no digits are lost, and few where a first row lies far from all others: the sum stays good to
/// 1e-4. `scratch` holds 2 x channels floats.
void moments(const float* x, std::size_t rows, std::size_t channels, double* mean, double* squares,
             float* scratch);

/// Takes the moments of `more_rows` further rows into those of `rows`; one of the two is above 0.
void merge_moments(std::size_t rows, double* mean, double* squares, std::size_t more_rows,
                   const double* more_mean, const double* more_squares, std::size_t channels);

/// y = max(x * scale + shift [+ other], floor); `other` may be null.
void normalise(const float* x, std::size_t rows, std::size_t channels, Affine affine,
               const float* other, float floor, float* y);

/// Adds the sums over rows of dz to sums[0, channels) and of dz * (x - mean) to the second half,
/// where dz is the gradient g where x * scale + shift is above `floor`, else 0.
void add_gradient_moments(const float* x, const float* g, std::size_t rows, std::size_t channels,
                          Affine affine, float floor, const float* mean, double* sums,
                          float* scratch);

/// dx = dz * scale + (x - mean) * slope + offset, with dz as above.
void normalise_backward(const float* x, const float* g, std::size_t rows, std::size_t channels,
                        Affine affine, float floor, const float* mean, const float* slope,
                        const float* offset, float* dx);

/// y = max(a [+ b], floor); `b` may be null.
void add_floor(const float* a, const float* b, std::size_t size, float floor, float* y);

/// dz = a [+ b] where y is above `floor`, else 0; `b` may be null. `dz` may be `a`.
void mask_gradient(const float* a, const float* b, const float* y, std::size_t size, float floor,
                   float* dz);

/// y[c] = factor * the sum of column c.
void sum_rows(const float* x, std::size_t rows, std::size_t channels, float factor, float* y);

/// Every row of y = factor * x.
void repeat_row(const float* x, std::size_t rows, std::size_t channels, float factor, float* y);

}  // namespace forebay::kernels
