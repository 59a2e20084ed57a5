#include <make_photos/photo.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include <make_photos/pattern.hpp>

namespace forebay {
namespace {

using Colour = std::array<float, 3>;  // red, green, blue; 0 to 255

float brightness(const Colour& colour) {
  return 0.299f * colour[0] + 0.587f * colour[1] + 0.114f * colour[2];
}

Colour random_colour(Random& random) {
  Colour colour{};
  for (float& channel : colour) channel = static_cast<float>(random.uniform(15, 240));
  return colour;
}

Colour near(Colour colour, Random& random) {
  for (float& channel : colour) channel += static_cast<float>(random.uniform(-25, 25));
  return colour;
}

// A colour that changes evenly from one to another across the image.
struct Paint {
  Colour at_start{}, step_x{}, step_y{};

  Paint(const Colour& colour, int width, int height, Random& random)
      : at_start(near(colour, random)) {
    const Colour at_right = near(colour, random), at_bottom = near(colour, random);
    for (std::size_t c = 0; c < 3; ++c) {
      step_x[c] = (at_right[c] - at_start[c]) / static_cast<float>(width);
      step_y[c] = (at_bottom[c] - at_start[c]) / static_cast<float>(height);
    }
  }
  float at(std::size_t channel, int x, int y) const {
    return at_start[channel] + step_x[channel] * static_cast<float>(x) +
           step_y[channel] * static_cast<float>(y);
  }
};

// Uneven light: smooth noise on a coarse grid of the image, about 1 on average.
class Light {
 public:
  explicit Light(int width, Random& random) : scale_(2.5 / width), seed_(random.next()) {}

  float at(int x, int y) const {
    return static_cast<float>(0.8 + 0.4 * smooth_noise(x * scale_, y * scale_, seed_));
  }

 private:
  double scale_;
  std::uint64_t seed_;
};

// A camera's noise: nearly normal with mean 0 and standard deviation 1, one value per channel.
std::array<float, 3> grain(Random& random) {
  constexpr float kScale = 1 / 147.8f;  // of the sum of four bytes
  std::array<float, 3> noise{};
  for (float& value : noise) {
    const std::uint64_t bits = random.next();
    const auto sum = (bits & 255) + (bits >> 8 & 255) + (bits >> 16 & 255) + (bits >> 24 & 255);
    value = (static_cast<float>(sum) - 510) * kScale;
  }
  return noise;
}

std::uint8_t to_byte(float value) {
  return static_cast<std::uint8_t>(std::clamp(value + 0.5f, 0.0f, 255.0f));
}

}  // namespace

void draw_photo(std::size_t kind, Random random, Image& image) {
  constexpr float kLeastContrast = 70, kMostContrast = 150;
  constexpr int kLightGrid = 4;  // pixels that share a light value

  const Colour ground = random_colour(random);
  Colour figure = random_colour(random);
  const auto contrast = [&] { return std::abs(brightness(figure) - brightness(ground)); };
  while (contrast() < kLeastContrast || contrast() > kMostContrast) figure = random_colour(random);
  const int width = image.width(), height = image.height();
  const Paint paint_ground(ground, width, height, random);
  const Paint paint_figure(figure, width, height, random);
  const Light light(width, random);
  const auto sharpness = static_cast<float>(1 / random.uniform(1.0, 5.0));  // of edges, 1 / pixels
  const auto noise = static_cast<float>(random.uniform(6, 16));
  Pattern pattern(kind, width, height, random);

  for (int y = 0; y < height; ++y) {
    std::uint8_t* pixel = image.row(y);
    float lit = 1;
    for (int x = 0; x < width; ++x, pixel += 3) {
      if (x % kLightGrid == 0) lit = light.at(x, y);
      const auto depth = static_cast<float>(pattern.inside(x, y));
      const float share = std::clamp(0.5f + depth * sharpness, 0.0f, 1.0f);
      const std::array<float, 3> speck = grain(random);
      for (std::size_t c = 0; c < 3; ++c) {
        const float below = paint_ground.at(c, x, y);
        const float colour = below + share * (paint_figure.at(c, x, y) - below);
        pixel[c] = to_byte(lit * colour + noise * speck[c]);
      }
    }
  }
}

}  // namespace forebay
