#include <forebay/nodes/image/resize.hpp>

#include <gtest/gtest.h>

#include <limits>

#include <forebay/graph/error.hpp>
#include <support/error_of.hpp>

#include "fixtures.hpp"

namespace forebay {
namespace {

using test::error_of;

TEST(Resize, GivesThePixelsThatOpenCvGives) {
  const cv::Mat pixels = read_pixels(fixture("rgb.png"));
  const Image image = to_image(pixels, ImagePool());
  for (const ImageSize size : {ImageSize{31, 17}, ImageSize{200, 90}, ImageSize{64, 48}}) {
    cv::Mat linear, area;
    cv::resize(pixels, linear, {size.width, size.height}, 0, 0, cv::INTER_LINEAR);
    cv::resize(pixels, area, {size.width, size.height}, 0, 0, cv::INTER_AREA);
    EXPECT_EQ(largest_difference(resize(image, size), linear), 0);
    EXPECT_EQ(largest_difference(resize(image, size, Interpolation::kArea), area), 0);
  }
}

TEST(Resize, ShorterSideGetsTheLengthAndTheOtherIsRoundedDown) {
  EXPECT_EQ(short_edge_size({500, 375}, 256), (ImageSize{341, 256}));
  EXPECT_EQ(short_edge_size({375, 500}, 256), (ImageSize{256, 341}));
  EXPECT_EQ(short_edge_size({10, 10}, 256), (ImageSize{256, 256}));
  EXPECT_EQ(short_edge_size({16000, 16000}, 16000), (ImageSize{16000, 16000}));
  const Image image = ImagePool().take(48, 64, 3);
  EXPECT_EQ(resize_short_edge(image, 30).width(), 40);
  EXPECT_EQ(resize_short_edge(image, 96).width(), 128);
}

TEST(Resize, TakesItsMemoryFromTheImagesPool) {
  ImagePool pool;
  const Image image = pool.take(48, 64, 3);
  for (int i = 0; i < 10; ++i) resize(image, {.width = 100, .height = 100});
  EXPECT_EQ(pool.allocations(), 2u);
}

TEST(Resize, RefusesAnEmptySize) {
  const Image image = ImagePool().take(4, 4, 3);
  try {
    resize(image, {.width = 0, .height = 3});
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "cannot resize an image to 0 x 3 pixels");
  }
}

TEST(Resize, RefusesToMakeALongThinImageHuge) {
  const Image high = ImagePool().take(65000, 1, 3);
  EXPECT_EQ(error_of([&] { resize_short_edge(high, 256); }),
            "the image of 1 x 65000 pixels would become 256 x 16640000, more than 2^26 pixels");
  const Image wide = ImagePool().take(1, 65000, 3);
  EXPECT_EQ(error_of([&] { resize_short_edge(wide, 256); }),
            "the image of 65000 x 1 pixels would become 16640000 x 256, more than 2^26 pixels");
  EXPECT_EQ(resize_short_edge(wide, 10).width(), 650000);
}

TEST(Resize, LengthsBeyondAnIntAreRefusedToo) {
  EXPECT_EQ(short_edge_size({1 << 28, 1}, 256).width, std::numeric_limits<int>::max());
  EXPECT_NE(error_of([] { check_growth({1 << 28, 1}, short_edge_size({1 << 28, 1}, 256)); }), "");
  EXPECT_EQ(error_of([] { check_growth({8192, 4096}, {8192, 8192}); }), "");
  EXPECT_EQ(error_of([] { check_growth({20000, 10000}, {20000, 10000}); }), "");
}

TEST(CenterCropSquare, IsTheMiddle) {
  const cv::Mat wide = noise(20, 31, 3);
  EXPECT_EQ(largest_difference(center_crop_square(to_image(wide, ImagePool())),
                               wide(cv::Rect(5, 0, 20, 20)).clone()),
            0);
  const cv::Mat high = noise(32, 20, 1);
  EXPECT_EQ(largest_difference(center_crop_square(to_image(high, ImagePool())),
                               high(cv::Rect(0, 6, 20, 20)).clone()),
            0);
}

}  // namespace
}  // namespace forebay
