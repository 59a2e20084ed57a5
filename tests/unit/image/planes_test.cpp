// Planes of baseline JPEGs, beside those that libjpeg gives, and samples made of them.

#include <forebay/nodes/image/planes.hpp>

#include <cstdio>

#include <gtest/gtest.h>
#include <hwy/highway.h>
#include <jpeglib.h>

#include <algorithm>
#include <cmath>

#include <forebay/nodes/image/augment.hpp>
#include <forebay/nodes/image/decode.hpp>
#include <forebay/nodes/image/encode.hpp>
#include <forebay/nodes/random.hpp>

#include "fixtures.hpp"
#include "jpeg_fixture.hpp"

namespace forebay {
namespace {

/// Y, Cb and Cr as libjpeg decodes them with its exact transform, padded to whole MCUs.
std::array<cv::Mat, 3> libjpeg_planes(const std::vector<std::byte>& bytes) {
  jpeg_decompress_struct jpeg{};
  jpeg_error_mgr errors{};
  jpeg.err = jpeg_std_error(&errors);
  jpeg_create_decompress(&jpeg);
  jpeg_mem_src(&jpeg, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  jpeg_read_header(&jpeg, TRUE);
  jpeg.raw_data_out = TRUE;
  jpeg_start_decompress(&jpeg);
  std::array<cv::Mat, 3> planes;
  for (std::size_t i = 0; i < 3; ++i) {
    const jpeg_component_info& info = jpeg.comp_info[i];
    planes[i].create(static_cast<int>(info.height_in_blocks + 2) * 8,
                     static_cast<int>(info.width_in_blocks + 2) * 8, CV_8UC1);
  }
  for (int mcu_row = 0; jpeg.output_scanline < jpeg.output_height; ++mcu_row) {
    std::array<std::array<JSAMPROW, 16>, 3> rows{};
    std::array<JSAMPARRAY, 3> arrays{};
    for (std::size_t i = 0; i < 3; ++i) {
      const int lines = jpeg.comp_info[i].v_samp_factor * 8;
      for (int y = 0; y < lines; ++y) {
        rows[i][static_cast<std::size_t>(y)] = planes[i].ptr(mcu_row * lines + y);
      }
      arrays[i] = rows[i].data();
    }
    jpeg_read_raw_data(&jpeg, arrays.data(), static_cast<JDIMENSION>(jpeg.max_v_samp_factor * 8));
  }
  jpeg_finish_decompress(&jpeg);
  jpeg_destroy_decompress(&jpeg);
  return planes;
}

std::optional<YccPart> decode_crop(std::span<const std::byte> bytes, Crop crop, ImageSize size) {
  return decode_planes(bytes, ImagePool(), [&](ImageSize) { return WantedPart{crop, size}; });
}

cv::Mat to_mat(const Plane& plane) {
  return {plane.place.height, plane.place.width, CV_8UC1, const_cast<std::uint8_t*>(plane.pixels),
          plane.stride};
}

cv::Rect to_rect(Crop crop) { return {crop.x, crop.y, crop.width, crop.height}; }

/// Waves with some noise: smooth enough to be resized, not too smooth to see mistakes.
cv::Mat photo(int height, int width) {
  cv::Mat pixels(height, width, CV_8UC3);
  Random random(1);
  for (int y = 0; y < height; ++y) {
    for (int i = 0; i < 3 * width; ++i) {
      const double x = i / 3, channel = i % 3;
      const double waves = std::sin(x / 23 + y / 41.0 + channel) + std::sin(x * y / 9000 - channel);
      pixels.ptr(y)[i] = cv::saturate_cast<std::uint8_t>(127 + 50 * waves + 3 * random.normal());
    }
  }
  return pixels;
}

class Planes : public testing::TestWithParam<JpegLayout> {};

/// Of noise of all values: no photograph is as hard.
TEST_P(Planes, AreNearLibjpegs) {
  Random random(5);
  double differences = 0, compared = 0;
  for (const ImageSize size : {ImageSize{150, 107}, ImageSize{64, 64}, ImageSize{17, 9}}) {
    const std::vector<std::byte> bytes = encode_noise(size, GetParam());
    const auto expected = libjpeg_planes(bytes);
    for (int i = 0; i < 100; ++i) {
      const Crop crop = any_crop(size, random);
      const auto part = decode_crop(bytes, crop, size);
      ASSERT_TRUE(part);
      EXPECT_EQ(part->whole, size);
      for (std::size_t p = 0; p < 3; ++p) {
        const Plane& plane = part->planes[p];
        const cv::Mat pixels = to_mat(plane), there = expected[p](to_rect(plane.place));
        ASSERT_LE(cv::norm(pixels, there, cv::NORM_INF), 2) << "plane " << p;
        differences += cv::norm(pixels, there, cv::NORM_L1);
        compared += static_cast<double>(pixels.total());
      }
      const Crop luma = part->planes[0].place;
      EXPECT_LE(luma.y, crop.y);
      EXPECT_LE(luma.x, crop.x);
      EXPECT_GE(luma.y + luma.height, crop.y + crop.height);
      EXPECT_GE(luma.x + luma.width, crop.x + crop.width);
    }
  }
  EXPECT_LT(differences / compared, 0.35);
}

INSTANTIATE_TEST_SUITE_P(Layouts, Planes,
                         testing::Values(JpegLayout{"s444", 1, 1}, JpegLayout{"s422", 2, 1},
                                         JpegLayout{"s440", 1, 2}, JpegLayout{"s420", 2, 2},
                                         JpegLayout{"restarts", 2, 2, Scans::kOne, 1},
                                         JpegLayout{"restarts444", 1, 1, Scans::kOne, 3},
                                         JpegLayout{"best", 2, 2, Scans::kOne, 0, 100},
                                         JpegLayout{"worst", 2, 2, Scans::kOne, 0, 5}),
                         [](const auto& param) { return param.param.name; });

const JpegLayout kUsual{"s420", 2, 2};

/// Each repacked image has Huffman tables of its own; the others share the standard's.
TEST(PlanesOfSeveral, DoNotDependOnTheTablesBefore) {
  for (int i = 0; i < 40; ++i) {
    std::vector<std::byte> bytes = encode_as(noise(48, 48, 3, 1 + i), kUsual);
    if (i % 3 != 0) bytes = repack_jpeg(bytes, 1 + i % 2);
    const auto part = decode_crop(bytes, {0, 0, 48, 48}, {48, 48});
    ASSERT_TRUE(part) << i;
    const auto expected = libjpeg_planes(bytes);
    for (std::size_t p = 0; p < 3; ++p) {
      const Plane& plane = part->planes[p];
      ASSERT_LE(cv::norm(to_mat(plane), expected[p](to_rect(plane.place)), cv::NORM_INF), 2) << i;
    }
  }
}

/// The planes of a reduced image are near the means of the pixels that fall together.
TEST(PlanesReduced, AreMeansOfThePixels) {
  const std::vector<std::byte> bytes = encode_as(photo(250, 333), kUsual);
  const auto whole = decode_crop(bytes, {0, 0, 250, 333}, {333, 250});
  for (const int factor : {2, 4, 8}) {
    const auto part = decode_crop(bytes, {0, 0, 250, 333}, {333 / factor, 250 / factor});
    for (std::size_t p = 0; p < 3; ++p) {
      const Plane& plane = part->planes[p];
      const cv::Mat full = to_mat(whole->planes[p]);
      EXPECT_EQ(plane.place.width, (full.cols + factor - 1) / factor);
      cv::Mat means;
      const int rows = full.rows / factor, columns = full.cols / factor;
      cv::resize(full(cv::Rect(0, 0, columns * factor, rows * factor)), means, {columns, rows}, 0,
                 0, cv::INTER_AREA);
      const cv::Mat reduced = to_mat(plane)(cv::Rect(0, 0, columns, rows));
      EXPECT_LT(cv::norm(reduced, means, cv::NORM_L1) / static_cast<double>(means.total()), 1.0)
          << factor << " plane " << p;
    }
  }
}

TEST(PlanesReduced, NeverBelowTheWantedSize) {
  const std::vector<std::byte> bytes = encode_as(photo(250, 333), kUsual);
  const auto width = [&](Crop crop, ImageSize size) {
    return decode_crop(bytes, crop, size)->planes[0].per_x;
  };
  EXPECT_EQ(width({0, 0, 200, 300}, {150, 100}), 0.5);
  EXPECT_EQ(width({0, 0, 200, 300}, {151, 100}), 1);
  EXPECT_EQ(width({0, 0, 199, 300}, {150, 100}), 1);
  EXPECT_EQ(width({0, 0, 200, 300}, {75, 50}), 0.25);
}

TEST(PlanesOfOthers, AreNone) {
  const auto none = [](std::span<const std::byte> bytes) {
    return !decode_crop(bytes, {0, 0, 8, 8}, {8, 8});
  };
  for (const char* file : {"rgb.png", "gray.jpg", "cmyk.jpg", "progressive.jpg"}) {
    EXPECT_TRUE(none(read_file(fixture(file)))) << file;
  }
  EXPECT_TRUE(none(encode_noise({64, 64}, {"s411", 4, 1})));
  EXPECT_FALSE(none(encode_noise({64, 64}, kUsual)));
}

TEST(PlanesOfBroken, AreNone) {
  const std::vector<std::byte> bytes = encode_noise({64, 64}, kUsual);
  for (std::size_t size = 0; size < bytes.size(); size += 31) {
    EXPECT_FALSE(decode_crop(std::span(bytes).first(size), {0, 0, 64, 64}, {64, 64})) << size;
  }
  std::vector<std::byte> ended(bytes.begin(), bytes.begin() + static_cast<long>(bytes.size() / 2));
  ended.push_back(std::byte{0xff});
  ended.push_back(std::byte{0xd9});
  EXPECT_FALSE(decode_crop(ended, {0, 0, 64, 64}, {64, 64}));
  EXPECT_TRUE(decode_crop(ended, {0, 0, 8, 8}, {8, 8})) << "what is missing is not needed";
}

TEST(PlanesOfBroken, FlippedBitsNeverCrash) {
  int decoded = 0, refused = 0;
  for (const JpegLayout& layout : {kUsual, JpegLayout{"restarts", 2, 1, Scans::kOne, 1}}) {
    const std::vector<std::byte> whole = encode_noise({90, 70}, layout);
    for (std::uint64_t seed = 0; seed < 2000; ++seed) {
      std::vector<std::byte> bytes = whole;
      Random random(seed, bytes.size());
      for (std::uint64_t flips = 1 + random.below(4); flips > 0; --flips) {
        const std::size_t bound = random.coin() ? std::size_t{700} : bytes.size();
        bytes[random.below(bound)] ^= static_cast<std::byte>(1u << random.below(8));
      }
      const auto part = decode_planes(bytes, ImagePool(), [&](ImageSize size) {
        return WantedPart{any_crop(size, random), {8, 8}};
      });
      ++(part ? decoded : refused);
    }
  }
  EXPECT_GT(decoded, 100);
  EXPECT_GT(refused, 100);
}

TEST(PlanesMemory, IsTakenOnce) {
  const ImagePool pool;
  const std::vector<std::byte> bytes = encode_noise({90, 70}, kUsual);
  for (int i = 0; i < 20; ++i) {
    decode_planes(bytes, pool, [](ImageSize) { return WantedPart{{0, 0, 70, 90}, {90, 70}}; });
  }
  EXPECT_EQ(pool.allocations(), 1u);
}

/// Whatever instructions the processor has.
TEST(PlaneSamples, AreTheSameWithAllInstructionSets) {
  const std::vector<std::byte> bytes = encode_as(photo(250, 333), kUsual);
  const Augment augment(imagenet_train({3, 60, 70}));
  std::vector<float> expected(3 * 60 * 70), sample(expected.size());
  const auto run = [&](std::vector<float>& out, std::uint64_t i) {
    augment(*decode_planes(bytes, ImagePool(),
                           [&](ImageSize size) { return augment.wanted_planes(size, Random(i)); }),
            Random(i), out.data());
  };
  for (std::uint64_t i = 0; i < 20; ++i) {
    run(expected, i);
    for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
      hwy::SetSupportedTargetsForTest(target);
      hwy::GetChosenTarget().Update(hwy::SupportedTargets());
      run(sample, i);
      for (std::size_t at = 0; at < sample.size(); ++at) {
        ASSERT_NEAR(sample[at], expected[at], 1e-5) << hwy::TargetName(target);
      }
    }
    hwy::SetSupportedTargetsForTest(0);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  }
}

struct Difference {
  double mean = 0;
  double largest = 0;
};

/// Between the samples of both ways to decode, of 0 to 255.
Difference sample_difference(AugmentOptions options, const std::vector<std::byte>& bytes) {
  options.rgb_mean = {0, 0, 0};
  options.rgb_std = {1, 1, 1};
  const Augment augment(options);
  const std::size_t count = static_cast<std::size_t>(options.image_shape.height) * 3 *
                            static_cast<std::size_t>(options.image_shape.width);
  std::vector<float> exact(count), fast(count);
  Difference difference;
  constexpr std::uint64_t kSamples = 50;
  for (std::uint64_t i = 0; i < kSamples; ++i) {
    const auto part = decode_planes(
        bytes, ImagePool(), [&](ImageSize size) { return augment.wanted_planes(size, Random(i)); });
    augment(*part, Random(i), fast.data());
    augment(decode(bytes, ImagePool()), Random(i), exact.data());
    double sum = 0;
    for (std::size_t at = 0; at < count; ++at) {
      const double each = std::abs(exact[at] - fast[at]);
      sum += each;
      difference.largest = std::max(difference.largest, each);
    }
    difference.mean = std::max(difference.mean, sum / static_cast<double>(count));
  }
  return difference;
}

TEST(PlaneSamples, AreNearTheExactOnes) {
  for (const JpegLayout& layout : {JpegLayout{"s444", 1, 1, Scans::kOne, 0, 95},
                                   JpegLayout{"s420", 2, 2, Scans::kOne, 0, 95}}) {
    const std::vector<std::byte> bytes = encode_as(photo(250, 333), layout);
    AugmentOptions colors = imagenet_train({3, 160, 170});
    colors.brightness = colors.contrast = colors.saturation = 0.4;
    AugmentOptions center{.image_shape = {3, 100, 90}};
    AugmentOptions random = center;
    random.random_crop = random.random_mirror = true;
    for (const AugmentOptions& options :
         {imagenet_train({3, 160, 170}), imagenet_validation({3, 180, 180}), center, random}) {
      const Difference difference = sample_difference(options, bytes);
      EXPECT_LT(difference.mean, 0.8) << layout.name;
      EXPECT_LT(difference.largest, 12) << layout.name;
    }
    EXPECT_LT(sample_difference(colors, bytes).mean, 1.5);
  }
}

TEST(PlaneSamples, AreNotWantedWhereOneResizeIsNotEnough) {
  const auto wants = [](const AugmentOptions& options, ImageSize size) {
    return Augment(options).wanted_planes(size, Random(1)).has_value();
  };
  EXPECT_TRUE(wants(imagenet_train(), {500, 375}));
  EXPECT_TRUE(wants(imagenet_validation(), {500, 375}));
  EXPECT_FALSE(wants({.image_shape = {3, 32, 32}, .pad_size = 4}, {32, 32}));
  EXPECT_FALSE(wants({.image_shape = {3, 64, 64}}, {32, 32}));
  EXPECT_FALSE(wants({.image_shape = {1, 28, 28}}, {28, 28}));
}

}  // namespace
}  // namespace forebay
