#pragma once

// The order that im2rec.py shuffles a list to.

#include <cstdint>
#include <vector>

namespace forebay {

/// The numbers 0 to `count` - 1 as Python 3's `random.seed(seed)` and `random.shuffle` arrange
/// them; so lists, and the split into training and validation images, are those of im2rec.py.
std::vector<std::uint64_t> python_shuffle(std::uint64_t count, std::uint32_t seed);

}  // namespace forebay
