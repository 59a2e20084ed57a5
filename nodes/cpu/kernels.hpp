#pragma once

// Loops that the compiler vectorises, for AVX-512, AVX2 and plain x86-64. Values in memory are
// `Value`: float, or Bfloat16, rounded once where they are written. All else is float.
//
// Matrices are rows x channels, row after row. `floor` is 0 for a ReLU, kNoFloor for none.

#include <cstddef>
#include <limits>
#include <type_traits>

#include <forebay/nodes/cpu/bfloat16.hpp>

namespace forebay::kernels {

constexpr float kNoFloor = -std::numeric_limits<float>::infinity();

/// Per-channel factors of one batch norm: y = x * scale + shift.
struct Affine {
  const float* scale = nullptr;
  const float* shift = nullptr;
};

/// Takes rows of x into the moments of the `before` rows before them, which may be none: the mean
/// over rows, and the sum of the squares of x - mean. Each block of 256 rows is summed around its
/// own first row and merged as Chan, Golub and LeVeque do (1983), so that far from zero no digits
/// are lost, and few where a first row lies far from all others: the sum stays good to 1e-4.
/// `scratch` holds 2 x channels floats.
template <class Value>
void add_moments(std::size_t before, const Value* x, std::size_t rows, std::size_t channels,
                 double* mean, double* squares, float* scratch);

/// Takes the moments of `more_rows` further rows into those of `rows`; one of the two is above 0.
void merge_moments(std::size_t rows, double* mean, double* squares, std::size_t more_rows,
                   const double* more_mean, const double* more_squares, std::size_t channels);

/// y = max(x * scale + shift [+ other], floor); `other` may be null.
template <class Value>
void normalise(const Value* x, std::size_t rows, std::size_t channels, Affine affine,
               const std::type_identity_t<Value>* other, float floor, Value* y);

/// Adds the sums over rows of dz to sums[0, channels) and of dz * (x - mean) to the second half,
/// where dz is the gradient g where x * scale + shift is above `floor`, else 0.
template <class Value>
void add_gradient_moments(const Value* x, const Value* g, std::size_t rows, std::size_t channels,
                          Affine affine, float floor, const float* mean, double* sums,
                          float* scratch);

/// dx = dz * scale + (x - mean) * slope + offset, with dz as above.
template <class Value>
void normalise_backward(const Value* x, const Value* g, std::size_t rows, std::size_t channels,
                        Affine affine, float floor, const float* mean, const float* slope,
                        const float* offset, Value* dx);

/// y = max(a [+ b], floor); `b` may be null.
template <class Value>
void add_floor(const Value* a, const std::type_identity_t<Value>* b, std::size_t size, float floor,
               Value* y);

/// dz = a [+ b] where y is above `floor`, else 0; `b` may be null. `dz` may be `a`.
template <class Value>
void mask_gradient(const Value* a, const std::type_identity_t<Value>* b, const Value* y,
                   std::size_t size, float floor, Value* dz);

/// y[c] = factor * the sum of column c.
template <class Value>
void sum_rows(const Value* x, std::size_t rows, std::size_t channels, float factor, Value* y);

/// Every row of y = factor * x.
template <class Value>
void repeat_row(const Value* x, std::size_t rows, std::size_t channels, float factor, Value* y);

/// y = x; one of the two types is float.
template <class From, class To>
void convert(const From* x, std::size_t size, To* y);

}  // namespace forebay::kernels
