#include <forebay/nodes/image/encode.hpp>

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>

#include <forebay/graph/error.hpp>
#include <forebay/nodes/image/decode.hpp>
#include <forebay/nodes/image/header.hpp>
#include <support/error_of.hpp>

#include "fixtures.hpp"

namespace forebay {
namespace {

using test::error_of;

class EncodeJpeg : public testing::TestWithParam<int> {};

TEST_P(EncodeJpeg, WritesTheBytesThatOpenCvWrites) {
  for (const char* file : {"rgb.png", "gray.png"}) {
    const cv::Mat stored = cv::imread(fixture(file), cv::IMREAD_UNCHANGED);
    std::vector<unsigned char> expected;
    cv::imencode(".jpg", stored, expected, {cv::IMWRITE_JPEG_QUALITY, GetParam()});
    const auto bytes = encode_jpeg(to_image(read_pixels(fixture(file)), ImagePool()), GetParam());
    ASSERT_EQ(bytes.size(), expected.size());
    EXPECT_EQ(std::memcmp(bytes.data(), expected.data(), bytes.size()), 0);
  }
}

INSTANTIATE_TEST_SUITE_P(Qualities, EncodeJpeg, testing::Values(1, 50, 95, 100));

TEST(EncodePng, KeepsEveryPixel) {
  ImagePool pool;
  for (int channels : {1, 3}) {
    for (int level : {0, 3, 9}) {
      const cv::Mat pixels = noise(17, 23, channels);
      const auto bytes = encode_png(to_image(pixels, pool), level);
      EXPECT_EQ(largest_difference(decode(bytes, pool, channels), pixels), 0);
    }
  }
}

TEST(RepackJpeg, KeepsEveryPixel) {
  const ImagePool pool;
  for (const char* file : {"rgb420.jpg", "rgb422.jpg", "rgb444.jpg", "odd.jpg", "gray.jpg",
                           "progressive.jpg", "restart.jpg", "cmyk.jpg", "turned.jpg"}) {
    const std::vector<std::byte> bytes = read_file(fixture(file));
    const Image expected = decode(bytes, pool);
    for (const int rows : {1, 3}) {
      const std::vector<std::byte> repacked = repack_jpeg(bytes, rows);
      EXPECT_EQ(largest_difference(decode(repacked, pool), to_mat(expected)), 0) << file;
      EXPECT_EQ(stored_orientation(repacked), stored_orientation(bytes)) << file;
    }
  }
}

int restart_markers(std::span<const std::byte> bytes) {
  int count = 0;
  for (std::size_t i = 0; i + 1 < bytes.size(); ++i) {
    count += bytes[i] == std::byte{0xff} && (bytes[i + 1] & std::byte{0xf8}) == std::byte{0xd0};
  }
  return count;
}

TEST(RepackJpeg, MarksRowsOfBlocksAndMakesFilesSmaller) {
  const std::vector<std::byte> bytes = encode_jpeg(to_image(noise(100, 120, 3), ImagePool()));
  EXPECT_EQ(restart_markers(bytes), 0);
  EXPECT_EQ(restart_markers(repack_jpeg(bytes, 1)), 6);  // seven rows of 16 pixels
  EXPECT_EQ(restart_markers(repack_jpeg(bytes, 3)), 2);
  EXPECT_LT(repack_jpeg(bytes, 1).size(), bytes.size());
}

TEST(RepackJpeg, RefusesWhatCannotBeDecoded) {
  const std::vector<std::byte> bytes = read_file(fixture("rgb420.jpg"));
  EXPECT_EQ(error_of([&] { repack_jpeg(std::span(bytes).first(bytes.size() / 2), 1); }),
            "JPEG: premature end of data");
  EXPECT_EQ(error_of([&] { repack_jpeg(bytes, 0); }),
            "0 rows between restart markers are not 1 to 65535");
}

TEST(Encode, RefusesWhatTheFormatCannotHold) {
  ImagePool pool;
  const Image image = pool.take(8, 8, 3);
  EXPECT_EQ(error_of([&] { encode_jpeg(image, 0); }), "JPEG quality 0 is not in 1 to 100");
  EXPECT_EQ(error_of([&] { encode_png(image, 10); }), "PNG level 10 is not in 0 to 9");
  const Image wide = pool.take(1, 65501, 1);
  EXPECT_EQ(error_of([&] { encode_jpeg(wide, 90); }),
            "JPEG: Maximum supported image dimension is 65500 pixels");
}

// Lets this process have 12 MiB more, and encodes an image that takes more.
[[noreturn]] void encode_with_too_little_memory(const Image& image) {
  std::uint64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  const rlim_t bytes = pages * static_cast<rlim_t>(sysconf(_SC_PAGESIZE)) + (12 << 20);
  const rlimit limit{bytes, bytes};
  if (setrlimit(RLIMIT_AS, &limit) != 0) std::_Exit(2);
  const std::string error = error_of([&] { encode_jpeg(image, 100); });
  std::cerr << error << std::endl;
  std::_Exit(error.empty() ? 1 : 0);
}

TEST(EncodeJpegDeathTest, RunningOutOfMemoryIsAnError) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "the sanitizer needs all addresses";
#endif
  const Image image = to_image(noise(3000, 3000, 3), ImagePool());
  EXPECT_EXIT(encode_with_too_little_memory(image), testing::ExitedWithCode(0),
              "JPEG: not enough memory");
}

}  // namespace
}  // namespace forebay
