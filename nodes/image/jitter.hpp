#pragma once

// Random changes of brightness, contrast and saturation.

#include <array>
#include <cstdint>

#include <forebay/nodes/image/image.hpp>
#include <forebay/nodes/random.hpp>

namespace forebay {

enum class ColorChange : std::uint8_t { kBrightness, kContrast, kSaturation };

/// Factors of one sample (1 changes nothing) and the order in which they apply.
struct ColorJitter {
  double brightness = 1;
  double contrast = 1;
  double saturation = 1;
  std::array<ColorChange, 3> order{ColorChange::kBrightness, ColorChange::kContrast,
                                   ColorChange::kSaturation};
};

/// Largest distance of each factor from 1, in [0, 1].
struct ColorJitterRange {
  double brightness = 0;
  double contrast = 0;
  double saturation = 0;

  bool any() const { return brightness > 0 || contrast > 0 || saturation > 0; }
};

/// Draws the three factors uniformly from 1 - range to 1 + range, and one of the six orders.
ColorJitter draw_color_jitter(const ColorJitterRange& range, Random& random);

/// Each pixel times `factor`. All three round to whole numbers and saturate at 0 and 255, and take
/// an image that nobody else holds; gray is 0.299 R + 0.587 G + 0.114 B.
void change_brightness(Image& image, double factor);

/// Each pixel moved away from (or, below 1, towards) the mean gray of the image.
void change_contrast(Image& image, double factor);

/// Each pixel moved away from (or towards) its own gray. Leaves a gray image as it is.
void change_saturation(Image& image, double factor);

/// The three in the drawn order. MXNet's semantics, but for its gray, where the weights of R and B
/// have changed places.
void jitter_color(Image& image, const ColorJitter& jitter);

}  // namespace forebay
