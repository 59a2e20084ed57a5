#include <forebay/nodes/image/crop.hpp>

#include <cassert>
#include <cmath>
#include <utility>

namespace forebay {
namespace {

int random_offset(int space, Random& random) {
  return static_cast<int>(random.below(static_cast<std::uint64_t>(space) + 1));
}

}  // namespace

Crop center_crop(ImageSize image, ImageSize size) {
  assert(size.height <= image.height && size.width <= image.width);
  return {(image.height - size.height) / 2, (image.width - size.width) / 2, size.height,
          size.width};
}

Crop random_crop(ImageSize image, ImageSize size, Random& random) {
  assert(size.height <= image.height && size.width <= image.width);
  const int y = random_offset(image.height - size.height, random);
  const int x = random_offset(image.width - size.width, random);
  return {y, x, size.height, size.width};
}

std::optional<Crop> random_resized_crop(ImageSize image, const RandomArea& draw, Random& random) {
  constexpr int kTries = 10;
  const double pixels = static_cast<double>(image.height) * image.width;
  for (int i = 0; i < kTries; ++i) {
    const double area = pixels * random.uniform(draw.area.low, draw.area.high);
    const double ratio = random.uniform(draw.aspect_ratio.low, draw.aspect_ratio.high);
    ImageSize size{.width = static_cast<int>(std::lround(std::sqrt(area / ratio))),
                   .height = static_cast<int>(std::lround(std::sqrt(area * ratio)))};
    if (random.coin()) std::swap(size.width, size.height);
    const bool fits = size.width >= 1 && size.height >= 1 && size.width <= image.width &&
                      size.height <= image.height;
    if (fits) return random_crop(image, size, random);
  }
  return std::nullopt;
}

ImageSize at_least_high(ImageSize image, int height) {
  if (image.height >= height) return image;
  return {scaled(image.width, height, image.height), height};
}

ImageSize at_least_wide(ImageSize image, int width) {
  if (image.width >= width) return image;
  return {width, scaled(image.height, width, image.width)};
}

}  // namespace forebay
