#pragma once

// All element functions.

#include <forebay/nodes/cuda/kernels/bias.hpp>
#include <forebay/nodes/cuda/kernels/fused_norm.hpp>
#include <forebay/nodes/cuda/kernels/images.hpp>
#include <forebay/nodes/cuda/kernels/loss.hpp>
#include <forebay/nodes/cuda/kernels/loss_scale.hpp>
#include <forebay/nodes/cuda/kernels/norm.hpp>
#include <forebay/nodes/cuda/kernels/pointwise.hpp>
#include <forebay/nodes/cuda/kernels/pool.hpp>
#include <forebay/nodes/cuda/kernels/update.hpp>
#include <forebay/nodes/cuda/kernels/weights.hpp>
