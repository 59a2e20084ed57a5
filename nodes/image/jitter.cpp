#include <forebay/nodes/image/jitter.hpp>

#include <algorithm>
#include <utility>

#include <forebay/nodes/widest.hpp>

namespace forebay {
namespace {

std::uint8_t to_pixel(float value) {
  return static_cast<std::uint8_t>(std::clamp(value + 0.5f, 0.0f, 255.0f));
}

double mean_gray(const Image& image) {
  double sum = 0;
  for (int y = 0; y < image.height(); ++y) {
    const std::uint8_t* row = image.row(y);
    double line = 0;
    if (image.channels() == 1) {
      for (int x = 0; x < image.width(); ++x) line += row[x];
    } else {
      std::uint64_t channel[3] = {};
      for (int x = 0; x < image.width(); ++x, row += 3) {
        for (int c = 0; c < 3; ++c) channel[c] += row[c];
      }
      line = 0.299 * static_cast<double>(channel[0]) + 0.587 * static_cast<double>(channel[1]) +
             0.114 * static_cast<double>(channel[2]);
    }
    sum += line;
  }
  return sum / (static_cast<double>(image.height()) * image.width());
}

/// Every byte through value x factor + offset.
void scale_bytes(std::uint8_t* bytes, std::size_t count, float factor, float offset) {
  for (std::size_t i = 0; i < count; ++i) {
    bytes[i] = to_pixel(static_cast<float>(bytes[i]) * factor + offset);
  }
}

/// Every pixel (R, G, B) through value x factor + its gray x (1 - factor).
void mix_with_gray(std::uint8_t* bytes, std::size_t pixels, float factor) {
  for (std::size_t i = 0; i < pixels; ++i) {
    const auto red = static_cast<float>(bytes[3 * i]);
    const auto green = static_cast<float>(bytes[3 * i + 1]);
    const auto blue = static_cast<float>(bytes[3 * i + 2]);
    const float gray = (0.299f * red + 0.587f * green + 0.114f * blue) * (1 - factor);
    bytes[3 * i] = to_pixel(red * factor + gray);
    bytes[3 * i + 1] = to_pixel(green * factor + gray);
    bytes[3 * i + 2] = to_pixel(blue * factor + gray);
  }
}

}  // namespace

ColorJitter draw_color_jitter(const ColorJitterRange& range, Random& random) {
  ColorJitter jitter;
  jitter.brightness = 1 + random.uniform(-range.brightness, range.brightness);
  jitter.contrast = 1 + random.uniform(-range.contrast, range.contrast);
  jitter.saturation = 1 + random.uniform(-range.saturation, range.saturation);
  std::swap(jitter.order[2], jitter.order[random.below(3)]);
  std::swap(jitter.order[1], jitter.order[random.below(2)]);
  return jitter;
}

void change_brightness(Image& image, double factor) {
  widest<scale_bytes>(image.row(0), image.bytes(), static_cast<float>(factor), 0.0f);
}

void change_contrast(Image& image, double factor) {
  const double offset = (1 - factor) * mean_gray(image);
  widest<scale_bytes>(image.row(0), image.bytes(), static_cast<float>(factor),
                      static_cast<float>(offset));
}

void change_saturation(Image& image, double factor) {
  if (image.channels() == 1) return;
  widest<mix_with_gray>(image.row(0), image.bytes() / 3, static_cast<float>(factor));
}

void jitter_color(Image& image, const ColorJitter& jitter) {
  for (ColorChange change : jitter.order) {
    switch (change) {
      case ColorChange::kBrightness:
        change_brightness(image, jitter.brightness);
        break;
      case ColorChange::kContrast:
        change_contrast(image, jitter.contrast);
        break;
      case ColorChange::kSaturation:
        change_saturation(image, jitter.saturation);
        break;
    }
  }
}

}  // namespace forebay
