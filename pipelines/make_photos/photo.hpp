#pragma once

// Drawing one photo-like image of a pattern.

#include <cstddef>

#include <forebay/nodes/image/image.hpp>
#include <forebay/nodes/random.hpp>

namespace forebay {

/// Draws pattern `kind` (see `pattern_names`) over all of `image`, RGB: two random colours that
/// differ in brightness by enough to see, each drifting over the image, under uneven light, with
/// a camera's noise. The colours do not depend on the kind, so they tell nothing about it. The
/// pixels are a function of kind, size and `random` alone.
void draw_photo(std::size_t kind, Random random, Image& image);

}  // namespace forebay
