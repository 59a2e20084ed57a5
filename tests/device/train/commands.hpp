#pragma once

// The commands of device_train. Each prints a line of JSON, and throws `Error` where it is wrong.

#include <cstddef>
#include <cstdint>
#include <string>

#include "training.hpp"

namespace forebay::device {

/// A step of three networks beside the CPU device's: loss and gradients.
void compare(const Type& type);

enum class Norms : std::uint8_t { kFused, kUnfused };

/// Images/s of a ResNet fed with pixels, and its memory beside the plan.
void speed(int depth, std::size_t rows, const Type& type, Norms norms);

/// What of its batch norms is fused into convolutions.
void fusions(int depth, std::size_t rows, const Type& type);

/// Losses of a ResNet from the weights, batches and labels in `folder`, which pytorch_losses.py
/// wrote, on "gpu" or on "cpu"; trained twice, which must give the same bits.
void losses(const std::string& device, int depth, std::size_t rows, const Type& type,
            const std::string& folder);

/// What copies of batches and of gradients add to a step of a ResNet, beside what they take alone.
void overlap(int depth, std::size_t rows, const Type& type);

/// Milliseconds of a ResNet's step by kind of layer, with the bytes and operations that it cannot
/// do without.
void layers(int depth, std::size_t rows, const Type& type);

}  // namespace forebay::device
