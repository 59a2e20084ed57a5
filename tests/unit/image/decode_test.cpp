#include <forebay/nodes/image/decode.hpp>

#include <cstdio>

#include <gtest/gtest.h>
#include <jpeglib.h>

#include <thread>

#include "fixtures.hpp"

namespace forebay {
namespace {

struct Expected {
  const char* file;
  int tolerance;
};

class DecodePillow : public testing::TestWithParam<Expected> {};

TEST_P(DecodePillow, GivesThePixelsThatPillowGives) {
  const auto [file, tolerance] = GetParam();
  const cv::Mat expected = read_pixels(fixture(std::string(file) + ".expected.png"));
  const Image image = decode(read_file(fixture(file)), ImagePool(), expected.channels());
  EXPECT_LE(largest_difference(image, expected), tolerance);
}

INSTANTIATE_TEST_SUITE_P(
    Files, DecodePillow,
    testing::Values(Expected{"rgb420.jpg", 0}, Expected{"rgb444.jpg", 0}, Expected{"rgb422.jpg", 0},
                    Expected{"odd.jpg", 0}, Expected{"gray.jpg", 0}, Expected{"progressive.jpg", 0},
                    Expected{"restart.jpg", 0}, Expected{"turned.jpg", 0},
                    Expected{"cmyk.jpg", 1},  // Pillow rounds each product differently
                    Expected{"rgb.png", 0}, Expected{"rgba.png", 0}, Expected{"gray.png", 0},
                    Expected{"palette.png", 0}, Expected{"gray16.png", 0},
                    Expected{"lossless.webp", 0}, Expected{"lossy.webp", 0},
                    Expected{"alpha.webp", 0}, Expected{"rgb.bmp", 0}, Expected{"gray.bmp", 0}),
    [](const auto& param) {
      std::string name = param.param.file;
      std::replace(name.begin(), name.end(), '.', '_');
      return name;
    });

class DecodeOpenCv : public testing::TestWithParam<const char*> {};

TEST_P(DecodeOpenCv, GivesThePixelsThatOpenCvGives) {
  const std::string path = fixture(GetParam());
  const int ignore = cv::IMREAD_IGNORE_ORIENTATION;
  ImagePool pool;
  EXPECT_EQ(largest_difference(decode(read_file(path), pool, 3),
                               read_pixels(path, cv::IMREAD_COLOR | ignore)),
            0);
  EXPECT_EQ(largest_difference(decode(read_file(path), pool, 1),
                               read_pixels(path, cv::IMREAD_GRAYSCALE | ignore)),
            0);
}

INSTANTIATE_TEST_SUITE_P(Files, DecodeOpenCv,
                         testing::Values("rgb420.jpg", "rgb444.jpg", "odd.jpg", "gray.jpg",
                                         "progressive.jpg", "turned.jpg", "rgb.png", "gray.png",
                                         "rgb.bmp", "lossless.webp"),
                         [](const auto& param) {
                           std::string name = param.param;
                           std::replace(name.begin(), name.end(), '.', '_');
                           return name;
                         });

/// A JPEG with four components written by libjpeg itself, `adobe` marking its inks as inverted.
std::vector<std::byte> encode_inks(const cv::Mat& cmyk, J_COLOR_SPACE stored, bool adobe) {
  jpeg_compress_struct jpeg{};
  jpeg_error_mgr errors{};
  jpeg.err = jpeg_std_error(&errors);
  jpeg_create_compress(&jpeg);
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&jpeg, &bytes, &size);
  jpeg.image_width = static_cast<JDIMENSION>(cmyk.cols);
  jpeg.image_height = static_cast<JDIMENSION>(cmyk.rows);
  jpeg.input_components = 4;
  jpeg.in_color_space = JCS_CMYK;
  jpeg_set_defaults(&jpeg);
  jpeg_set_colorspace(&jpeg, stored);
  jpeg_set_quality(&jpeg, 100, TRUE);
  jpeg.write_Adobe_marker = adobe ? TRUE : FALSE;
  for (int i = 0; i < 4; ++i) jpeg.comp_info[i].h_samp_factor = jpeg.comp_info[i].v_samp_factor = 1;
  jpeg_start_compress(&jpeg, TRUE);
  for (int y = 0; y < cmyk.rows; ++y) {
    auto row = const_cast<JSAMPROW>(cmyk.ptr(y));
    jpeg_write_scanlines(&jpeg, &row, 1);
  }
  jpeg_finish_compress(&jpeg);
  const auto* first = reinterpret_cast<const std::byte*>(bytes);
  std::vector<std::byte> encoded(first, first + size);
  jpeg_destroy_compress(&jpeg);
  std::free(bytes);
  return encoded;
}

TEST(DecodeInks, InvertedYcckAndPlainCmykAreTheSamePicture) {
  const cv::Mat inverted(16, 16, CV_8UC4, cv::Scalar(200, 120, 40, 220));
  const cv::Mat plain(16, 16, CV_8UC4, cv::Scalar(55, 135, 215, 35));
  const cv::Mat expected(16, 16, CV_8UC3,
                         cv::Scalar(200 * 220 / 255.0, 120 * 220 / 255.0, 40 * 220 / 255.0));
  ImagePool pool;
  EXPECT_LE(largest_difference(decode(encode_inks(inverted, JCS_YCCK, true), pool), expected), 2);
  EXPECT_LE(largest_difference(decode(encode_inks(inverted, JCS_CMYK, true), pool), expected), 1);
  EXPECT_LE(largest_difference(decode(encode_inks(plain, JCS_CMYK, false), pool), expected), 1);
}

TEST(Decode, CmykBecomesGray) {
  ImagePool pool;
  cv::Mat gray;
  cv::cvtColor(to_mat(decode(read_file(fixture("cmyk.jpg")), pool)), gray, cv::COLOR_RGB2GRAY);
  EXPECT_LE(largest_difference(decode(read_file(fixture("cmyk.jpg")), pool, 1), gray), 1);
}

TEST(Decode, TakesNoMemoryOnceItHasSeenTheSize) {
  ImagePool pool;
  const std::vector<std::byte> bytes = read_file(fixture("rgb420.jpg"));
  for (int i = 0; i < 20; ++i) decode(bytes, pool);
  EXPECT_EQ(pool.allocations(), 1u);
}

TEST(Decode, GivesTheSameOnEveryThread) {
  ImagePool pool;
  const std::vector<std::byte> bytes = read_file(fixture("progressive.jpg"));
  const Image expected = decode(bytes, pool);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) {
        EXPECT_EQ(largest_difference(decode(bytes, pool), to_mat(expected)), 0);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace forebay
