#pragma once

// The kernels that batch norms spend most time in, for bfloat16 on CPUs that convert to it: the
// compiler does not vectorise the rounding as well.

#include <cstddef>

#include <forebay/nodes/cpu/kernels.hpp>

namespace forebay::kernels {

/// Whether the CPU has them, for rows (or all values) of this size: of whole vectors.
bool has_bfloat16_kernels(std::size_t size);

// As in kernels.hpp, but that what is smaller than a normal number becomes 0.
void normalise_bfloat16(const Bfloat16* x, std::size_t rows, std::size_t channels, Affine affine,
                        const Bfloat16* other, float floor, Bfloat16* y);
void normalise_backward_bfloat16(const Bfloat16* x, const Bfloat16* g, std::size_t rows,
                                 std::size_t channels, Affine affine, float floor,
                                 const float* mean, const float* slope, const float* offset,
                                 Bfloat16* dx);
void mask_gradient_bfloat16(const Bfloat16* a, const Bfloat16* b, const Bfloat16* y,
                            std::size_t size, float floor, Bfloat16* dz);

}  // namespace forebay::kernels
