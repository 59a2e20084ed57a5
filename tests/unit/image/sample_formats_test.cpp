// Samples in every type and layout, beside those in float32 NHWC, which other tests hold to OpenCV.

#include <gtest/gtest.h>
#include <hwy/highway.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#include <forebay/nodes/image/augment.hpp>
#include <forebay/nodes/image/decode.hpp>
#include <forebay/nodes/image/normalise.hpp>

#include "fixtures.hpp"
#include "jpeg_fixture.hpp"

namespace forebay {
namespace {

/// The bits of `value` rounded to 16 bits, by OpenCV.
std::uint16_t half_bits(float value) {
  const cv::float16_t half(value);
  std::uint16_t bits = 0;
  std::memcpy(&bits, &half, sizeof(bits));
  return bits;
}

bool rounds_to_nearest() { return hwy::SupportedTargets() & (HWY_AVX2 | HWY_AVX3 | HWY_AVX3_DL); }

/// Whether it is `expected`, rounded as it may be.
bool is_value(float written, float expected) { return written == expected; }
bool is_value(Float16 written, float expected) {
  const std::uint16_t nearest = half_bits(expected);
  return written.bits == nearest || (!rounds_to_nearest() && written.bits + 1 == nearest);
}

std::size_t place(SampleLayout layout, ImageShape shape, int y, int x, int c) {
  return static_cast<std::size_t>(layout == SampleLayout::kNhwc
                                      ? (y * shape.width + x) * shape.channels + c
                                      : (c * shape.height + y) * shape.width + x);
}

template <typename T>
constexpr T kUntouched = 1e30f;
template <>
constexpr Float16 kUntouched<Float16>{0x7bff};  // the largest
template <>
constexpr std::uint8_t kUntouched<std::uint8_t> = 0xa5;

/// Writes a sample through `write` in this format, and expects in it what `is_value(value,
/// expected, channel)` takes for those of `expected` (NHWC), and none before or after it.
template <typename T>
void expect_sample(const auto& write, SampleLayout layout, ImageShape shape,
                   const std::vector<float>& expected, const auto& is_value) {
  constexpr std::size_t kMargin = 33;  // not a whole vector, so not aligned for one either
  std::vector<T> memory(expected.size() + 2 * kMargin, kUntouched<T>);
  write(SampleOut(memory.data() + kMargin, layout));
  for (int y = 0; y < shape.height; ++y) {
    for (int x = 0; x < shape.width; ++x) {
      for (int c = 0; c < shape.channels; ++c) {
        const T value = memory[kMargin + place(layout, shape, y, x, c)];
        ASSERT_TRUE(is_value(value, expected[place(SampleLayout::kNhwc, shape, y, x, c)], c))
            << "y " << y << " x " << x << " channel " << c;
      }
    }
  }
  const auto is_untouched = [](const T& value) { return value == kUntouched<T>; };
  EXPECT_TRUE(std::all_of(memory.begin(), memory.begin() + kMargin, is_untouched));
  EXPECT_TRUE(std::all_of(memory.end() - kMargin, memory.end(), is_untouched));
}

std::vector<float> in_float32(const auto& write, ImageShape shape) {
  std::vector<float> values(static_cast<std::size_t>(shape.channels * shape.height * shape.width));
  write(SampleOut(values.data()));
  return values;
}

/// The same in all formats of normalised values.
void expect_samples(const auto& write, ImageShape shape) {
  const std::vector<float> expected = in_float32(write, shape);
  const auto same = [](auto value, float value_expected, int /*channel*/) {
    return is_value(value, value_expected);
  };
  for (SampleLayout layout : {SampleLayout::kNhwc, SampleLayout::kNchw}) {
    expect_sample<float>(write, layout, shape, expected, same);
    expect_sample<Float16>(write, layout, shape, expected, same);
  }
}

/// The same as pixels that are normalised later: bit for bit but where `rounding`, in pixels, says
/// that the values had not been rounded to pixels before.
void expect_pixels(const auto& write, const AugmentOptions& options, float rounding) {
  const ImageShape& shape = options.image_shape;
  const auto same = [&](std::uint8_t pixel, float expected, int channel) {
    const auto c = static_cast<std::size_t>(channel);
    const float mean = options.rgb_mean[c], deviation = options.rgb_std[c];
    const float value = (static_cast<float>(pixel) - mean) * (1 / deviation);
    return std::abs(value - expected) * deviation <= rounding;
  };
  for (SampleLayout layout : {SampleLayout::kNhwc, SampleLayout::kNchw}) {
    expect_sample<std::uint8_t>(write, layout, shape, in_float32(write, shape), same);
  }
}

constexpr float kHalfAPixel = 0.5f + 1e-4f;  // and what float32 rounds

constexpr std::array<ImageShape, 3> kShapes{{{3, 1, 1}, {3, 20, 37}, {3, 112, 130}}};

/// Runs `check` with each of the instruction sets that the processor has.
void with_all_instructions(const auto& check) {
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    SCOPED_TRACE(hwy::TargetName(target));
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    check();
  }
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

TEST(SampleFormats, OfPlanesHaveTheSameValues) {
  const std::vector<std::byte> bytes = encode_noise({200, 150}, {"s420", 2, 2});
  with_all_instructions([&] {
    for (const ImageShape& shape : kShapes) {
      const Augment augment(imagenet_train(shape));
      for (std::uint64_t i = 0; i < 4; ++i) {
        const auto part = decode_planes(bytes, ImagePool(), [&](ImageSize size) {
          return augment.wanted_planes(size, Random(i));
        });
        const auto write = [&](SampleOut out) { augment(*part, Random(i), out); };
        expect_samples(write, shape);
        expect_pixels(write, augment.options(), kHalfAPixel);
      }
    }
  });
}

TEST(SampleFormats, OfPixelsHaveTheSameValues) {
  const Image image = to_image(noise(150, 200, 3), ImagePool());
  with_all_instructions([&] {
    for (const ImageShape& shape : kShapes) {
      const Augment augment(imagenet_train(shape));
      for (std::uint64_t i = 0; i < 4; ++i) {
        const auto write = [&](SampleOut out) { augment(image, Random(i), out); };
        expect_samples(write, shape);
        expect_pixels(write, augment.options(), 0);
      }
    }
  });
}

TEST(SampleFormats, OfGrayHaveTheSameValues) {
  const Image image = to_image(noise(40, 70, 1), ImagePool());
  with_all_instructions([&] {
    for (Mirror mirror : {Mirror::kNo, Mirror::kYes}) {
      for (int width : {1, 17, 70}) {
        const Normalise normalise(width, 1, {123.68f, 0, 0}, {58.393f, 1, 1});
        const ImageView view = image.view().part({0, 0, 40, width});
        const auto write = [&](SampleOut out) { normalise(view, mirror, out); };
        expect_samples(write, {1, 40, width});
        expect_pixels(write, {.image_shape = {1, 40, width}, .rgb_std = {58.393f, 1, 1}}, 0);
      }
    }
  });
}

TEST(SampleFormats, OfChangedColoursHaveTheSameValues) {
  const std::vector<std::byte> bytes = encode_noise({200, 150}, {"s420", 2, 2});
  AugmentOptions options = imagenet_train(kShapes[2]);
  options.brightness = options.contrast = options.saturation = 0.4;
  const Augment augment(options);
  const auto part = decode_planes(
      bytes, ImagePool(), [&](ImageSize size) { return augment.wanted_planes(size, Random(1)); });
  const auto of_planes = [&](SampleOut out) { augment(*part, Random(1), out); };
  expect_samples(of_planes, kShapes[2]);
  expect_pixels(of_planes, options, 0);  // colours are changed in 8 bits
  const Image image = decode(bytes, ImagePool());
  const auto of_pixels = [&](SampleOut out) { augment(image, Random(1), out); };
  expect_samples(of_pixels, kShapes[2]);
  expect_pixels(of_pixels, options, 0);
}

TEST(SampleFormats, HalvesHaveTheBitsOfIeee754) {
  const std::vector<std::uint8_t> pixels{0, 51, 128, 0, 255, 1};
  const ImageView view{pixels.data(), 1, 2, 3, 6};
  std::vector<Float16> out(6);
  Normalise(2, 3, {0, 0, 0}, {255, 51, 1})(view, Mirror::kNo, {out.data(), SampleLayout::kNchw});
  // 0, 0; 1, 5; 128, 1
  const std::vector<std::uint16_t> expected{0x0000, 0x0000, 0x3c00, 0x4500, 0x5800, 0x3c00};
  for (std::size_t i = 0; i < 6; ++i) EXPECT_EQ(out[i].bits, expected[i]) << i;
}

}  // namespace
}  // namespace forebay
