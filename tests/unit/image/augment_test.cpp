#include <forebay/nodes/image/augment.hpp>

#include <gtest/gtest.h>
#include <malloc.h>

#include <cmath>
#include <thread>

#include <forebay/graph/error.hpp>
#include <support/error_of.hpp>

#include "fixtures.hpp"

namespace forebay {
namespace {

std::vector<float> run(const AugmentOptions& options, const Image& image, Random random) {
  const ImageShape& shape = options.image_shape;
  std::vector<float> out(static_cast<std::size_t>(shape.channels * shape.height * shape.width));
  Augment{options}(image, random, out.data());
  return out;
}

cv::Mat to_pixels(const std::vector<float>& sample, ImageShape shape) {
  cv::Mat pixels;
  cv::Mat(shape.height, shape.width, CV_32FC(shape.channels), const_cast<float*>(sample.data()))
      .convertTo(pixels, CV_8U);
  return pixels;
}

TEST(Augment, RandomResizedCropIsThePartResizedByOpenCv) {
  const cv::Mat pixels = noise(90, 120, 3);
  const Image image = to_image(pixels, ImagePool());
  AugmentOptions options = imagenet_train({3, 40, 50});
  options.rgb_mean = {0, 0, 0};
  options.rgb_std = {1, 1, 1};
  for (std::uint64_t i = 0; i < 50; ++i) {
    Random random(1, 2, i);
    const Crop crop = random_resized_crop({120, 90}, {{0.08, 1}, {0.75, 4.0 / 3}}, random).value();
    cv::Mat expected;
    cv::resize(pixels(cv::Rect(crop.x, crop.y, crop.width, crop.height)), expected, {50, 40});
    if (random.coin()) cv::flip(expected, expected, 1);
    const cv::Mat sample = to_pixels(run(options, image, Random(1, 2, i)), {3, 40, 50});
    ASSERT_EQ(largest_difference(sample, expected), 0) << i;
  }
}

TEST(Augment, PartsOfThePaddingAreInRandomCrops) {
  const cv::Mat pixels = noise(32, 32, 3);
  const Image image = to_image(pixels, ImagePool());
  cv::Mat padded;
  cv::copyMakeBorder(pixels, padded, 4, 4, 4, 4, cv::BORDER_CONSTANT, cv::Scalar::all(99));
  const AugmentOptions options{.image_shape = {3, 32, 32},
                               .pad_size = 4,
                               .fill_value = 99,
                               .random_crop = true,
                               .random_mirror = true,
                               .rgb_mean = {}};
  for (std::uint64_t i = 0; i < 50; ++i) {
    Random random(7, 8, i);
    const Crop crop = random_crop({40, 40}, {32, 32}, random);
    cv::Mat expected = padded(cv::Rect(crop.x, crop.y, 32, 32)).clone();
    if (random.coin()) cv::flip(expected, expected, 1);
    const cv::Mat sample = to_pixels(run(options, image, Random(7, 8, i)), {3, 32, 32});
    ASSERT_EQ(largest_difference(sample, expected), 0) << i;
  }
}

TEST(Augment, MirrorsHalf) {
  const cv::Mat pixels = noise(8, 8, 1);
  const Image image = to_image(pixels, ImagePool());
  const AugmentOptions options{.image_shape = {1, 8, 8}, .random_mirror = true, .rgb_mean = {}};
  int mirrored = 0;
  for (std::uint64_t i = 0; i < 10000; ++i) {
    mirrored += run(options, image, Random(1, 1, i))[0] == pixels.at<std::uint8_t>(0, 7) ? 1 : 0;
  }
  EXPECT_NEAR(mirrored, 5000, 165);
}

TEST(Augment, ColorsChangeAfterTheCrop) {
  const cv::Mat pixels = noise(40, 40, 3);
  const Image image = to_image(pixels, ImagePool());
  AugmentOptions options{.image_shape = {3, 20, 20}, .rgb_mean = {}};
  options.brightness = options.contrast = options.saturation = 0.4;
  Random random(9);
  Image expected = to_image(pixels(cv::Rect(10, 10, 20, 20)), ImagePool());
  jitter_color(expected, draw_color_jitter({0.4, 0.4, 0.4}, random));
  const cv::Mat sample = to_pixels(run(options, image, Random(9)), {3, 20, 20});
  EXPECT_EQ(largest_difference(expected, sample), 0);
  EXPECT_EQ(largest_difference(image, pixels), 0) << "the image itself is not to change";
}

TEST(Augment, CropsInTheCentreWhenNoRandomCropFits) {
  const cv::Mat pixels = noise(30, 200, 3);
  const AugmentOptions options{.image_shape = {3, 30, 30},
                               .random_resized_crop = true,
                               .min_random_area = 0.9,
                               .max_random_area = 1,
                               .rgb_mean = {}};
  const auto sample = run(options, to_image(pixels, ImagePool()), Random(1));
  EXPECT_EQ(
      largest_difference(to_pixels(sample, {3, 30, 30}), pixels(cv::Rect(85, 0, 30, 30)).clone()),
      0);
}

TEST(Augment, ValidationTakesTheCentreOfTheShorterSideAt256) {
  const cv::Mat pixels = noise(375, 500, 3);
  AugmentOptions options = imagenet_validation();
  EXPECT_EQ(options.resize, 256);
  options.rgb_mean = {0, 0, 0};
  options.rgb_std = {1, 1, 1};
  cv::Mat shorter;
  cv::resize(pixels, shorter, {341, 256});
  const auto sample = run(options, to_image(pixels, ImagePool()), Random(1));
  EXPECT_EQ(largest_difference(to_pixels(sample, {3, 224, 224}),
                               shorter(cv::Rect(58, 16, 224, 224)).clone()),
            0);
}

TEST(Augment, DependsOnTheKeyAndNotOnTheThread) {
  AugmentOptions options = imagenet_train({3, 32, 32});
  options.brightness = options.contrast = options.saturation = 0.4;
  const Augment augment(options);
  const Image image = to_image(read_pixels(fixture("rgb.png")), ImagePool());
  constexpr std::size_t kSamples = 64, kFloats = 3 * 32 * 32;
  const auto fill = [&](std::vector<float>& out, std::size_t first, std::size_t step) {
    for (std::size_t i = first; i < kSamples; i += step) {
      augment(image, Random(1, 2, i), &out[i * kFloats]);
    }
  };
  std::vector<float> alone(kSamples * kFloats), shared(kSamples * kFloats);
  fill(alone, 0, 1);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < 3; ++t) {
    threads.emplace_back([&, t] { fill(shared, t, 3); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(alone, shared);
  EXPECT_NE(std::vector<float>(alone.begin(), alone.begin() + kFloats),
            std::vector<float>(alone.begin() + kFloats, alone.begin() + 2 * kFloats));
}

TEST(Augment, GivesTheSameFromTheNeededPartAlone) {
  const cv::Mat pixels = noise(90, 120, 3);
  const Image image = to_image(pixels, ImagePool());
  const AugmentOptions center{.image_shape = {3, 40, 50}};
  AugmentOptions random_crop = center, short_edge = center, padded = random_crop, large = center;
  random_crop.random_crop = true;
  short_edge.resize = 60;
  padded.pad_size = 4;
  large.image_shape = {3, 100, 100};
  for (const AugmentOptions& options :
       {imagenet_train({3, 40, 50}), center, random_crop, short_edge, padded, large}) {
    const Augment augment(options);
    for (std::uint64_t i = 0; i < 50; ++i) {
      const Crop crop = augment.needed_part({120, 90}, Random(i));
      const Image part =
          to_image(pixels(cv::Rect(crop.x, crop.y, crop.width, crop.height)), ImagePool());
      const ImageShape& shape = options.image_shape;
      std::vector<float> sample(static_cast<std::size_t>(3 * shape.height * shape.width));
      augment(ImagePart{part, crop, {120, 90}}, Random(i), sample.data());
      ASSERT_EQ(sample, run(options, image, Random(i)));
    }
  }
}

TEST(Augment, NeedsOfAnImageWhatTheCropCovers) {
  Random random(3);
  const Crop crop = random_resized_crop({120, 90}, {{0.08, 1}, {0.75, 4.0 / 3}}, random).value();
  EXPECT_EQ(Augment(imagenet_train()).needed_part({120, 90}, Random(3)), crop);
  const Augment center({.image_shape = {3, 40, 50}});
  EXPECT_EQ(center.needed_part({120, 90}, Random(1)), (Crop{25, 35, 40, 50}));
  EXPECT_EQ(center.needed_part({120, 30}, Random(1)), all_of({120, 30}));
  EXPECT_EQ(Augment(imagenet_validation()).needed_part({500, 375}, Random(1)), all_of({500, 375}));
}

TEST(Augment, TakesNoImageMemoryOnceItHasTakenOne) {
  AugmentOptions options = imagenet_train({3, 32, 32});
  options.brightness = 0.4;
  const ImagePool pool;
  const Image image = to_image(read_pixels(fixture("rgb.png")), pool);
  for (std::uint64_t i = 0; i < 50; ++i) run(options, image, Random(i));
  EXPECT_EQ(pool.allocations(), 2u);  // the image and its jittered crop
}

TEST(Augment, RefusesAnImageThatWouldGrowHugeOnItsWay) {
  const Image high = ImagePool().take(65000, 1, 3);
  const Image wide = ImagePool().take(1, 65000, 3);
  const auto error = [](const AugmentOptions& options, const Image& image) {
    std::vector<float> out(3 * 224 * 224);
    return test::error_of([&] { Augment{options}(image, Random(1), out.data()); });
  };
  const AugmentOptions shorter{.resize = 256};
  EXPECT_EQ(error(shorter, high),
            "the image of 1 x 65000 pixels would become 256 x 16640000, more than 2^26 pixels");
  EXPECT_EQ(error(shorter, wide),
            "the image of 65000 x 1 pixels would become 16640000 x 256, more than 2^26 pixels");
  EXPECT_EQ(error({}, wide),
            "the image of 65000 x 1 pixels would become 14560000 x 224, more than 2^26 pixels");
  EXPECT_EQ(error({}, high),
            "the image of 1 x 65000 pixels would become 224 x 14560000, more than 2^26 pixels");
  EXPECT_EQ(error({.pad_size = 600}, high),
            "the image of 1 x 65000 pixels would become 1201 x 66200, more than 2^26 pixels");
  // Whether the random crop would have fitted or not.
  EXPECT_EQ(error(imagenet_train(), wide), error({}, wide));
}

TEST(Augment, GivesBackTheScratchMemoryOfALargeImage) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "the sanitizer's allocator does not tell what is in use";
#endif
  const auto in_use = [] {
    const struct mallinfo2 now = mallinfo2();
    return now.uordblks + now.hblkhd;
  };
  const Image image = to_image(cv::Mat(1000, 6000, CV_8UC3, cv::Scalar(1, 2, 3)), ImagePool());
  const AugmentOptions options{.image_shape = {3, 16, 16}, .resize = 1500, .pad_size = 1};
  run(options, to_image(noise(20, 20, 3), ImagePool()), Random(1));
  const std::size_t before = in_use();
  run(options, image, Random(1));
  EXPECT_LT(in_use(), before + (1 << 20));
}

TEST(Augment, NamesTheOptionThatIsWrong) {
  const auto error = [](const AugmentOptions& options) -> std::string {
    try {
      Augment augment(options);
      return "none";
    } catch (const Error& wrong) {
      return wrong.what();
    }
  };
  EXPECT_EQ(error({.image_shape = {4, 8, 8}}),
            "--image-shape is 4,8,8; give 3 or 1 channels, height and width");
  EXPECT_EQ(error({.resize = 0}), "--resize is 0; give a length of 1 to 8192 pixels, or -1");
  EXPECT_EQ(error({.resize = 8193}), "--resize is 8193; give a length of 1 to 8192 pixels, or -1");
  EXPECT_EQ(error({.pad_size = -1}), "--pad-size is -1; give 0 to 4096 pixels");
  EXPECT_EQ(error({.pad_size = 4097}), "--pad-size is 4097; give 0 to 4096 pixels");
  EXPECT_EQ(error({.fill_value = 256}), "--fill-value is 256; give 0 to 255");
  EXPECT_EQ(error({.brightness = 1.5}), "--brightness is 1.5; give 0 to 1");
  EXPECT_EQ(error({.random_resized_crop = true, .min_random_area = 0.5, .max_random_area = 0.2}),
            "--min/max-random-area goes from 0.5 to 0.2; give a range above 0");
  EXPECT_EQ(error({.random_crop = true, .random_resized_crop = true}),
            "--random-crop and --random-resized-crop are both on; choose one");
  EXPECT_EQ(error({.min_random_area = 0.08}),
            "--min/max-random-area and --min/max-random-aspect-ratio need --random-resized-crop 1");
  EXPECT_EQ(error({.max_random_aspect_ratio = 0.25}),
            "--min/max-random-area and --min/max-random-aspect-ratio need --random-resized-crop 1");
  EXPECT_EQ(error({.rgb_std = {1, 0, 1}}), "--rgb-std has 0; give numbers above 0");
}

TEST(Augment, RefusesAnImageWithOtherChannels) {
  float out = 0;
  try {
    Augment({.image_shape = {1, 1, 1}})(ImagePool().take(2, 2, 3), Random(1), &out);
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "the image has 3 channels and the sample 1; decode to as many");
  }
}

}  // namespace
}  // namespace forebay
