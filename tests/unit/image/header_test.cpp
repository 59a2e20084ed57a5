#include <forebay/nodes/image/header.hpp>

#include <gtest/gtest.h>

#include <string>

namespace forebay {
namespace {

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

std::string segment(char marker, const std::string& content) {
  const std::size_t size = content.size() + 2;
  return std::string{'\xff', marker, static_cast<char>(size >> 8), static_cast<char>(size)} +
         content;
}

// A JPEG's beginning with an EXIF block of one entry.
std::string jpeg_with(const std::string& tiff) {
  return "\xff\xd8" + segment('\xe0', "JFIF") + segment('\xe1', std::string("Exif\0\0", 6) + tiff);
}

const std::string kBigEndian("MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0", 22);
const std::string kLittleEndian("II\x2a\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0", 22);

Orientation orientation_of(const std::string& bytes) { return stored_orientation(bytes_of(bytes)); }

// What the eight orientations look like is tested with im2rec, against OpenCV.
TEST(StoredOrientationTest, ReadsBothByteOrders) {
  EXPECT_EQ(orientation_of(jpeg_with(kBigEndian)), Orientation::kClockwise);
  EXPECT_EQ(orientation_of(jpeg_with(kLittleEndian)), Orientation::kClockwise);
}

TEST(StoredOrientationTest, IsUprightWithoutAWholeExifBlock) {
  const std::string whole = jpeg_with(kBigEndian);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(orientation_of(whole.substr(0, size)), Orientation::kUpright) << size << " bytes";
  }
  for (std::size_t size = 0; size < kBigEndian.size(); ++size) {
    EXPECT_EQ(orientation_of(jpeg_with(kBigEndian.substr(0, size))), Orientation::kUpright)
        << size << " bytes of the block";
  }
}

TEST(StoredOrientationTest, IsUprightForValuesOutOfRange) {
  for (const char value : {'\0', '\x09', '\x7f'}) {
    std::string tiff = kBigEndian;
    tiff[19] = value;
    EXPECT_EQ(orientation_of(jpeg_with(tiff)), Orientation::kUpright);
  }
  std::string far = kBigEndian;
  far.replace(4, 4, "\xff\xff\xff\xff");  // where the directory is
  EXPECT_EQ(orientation_of(jpeg_with(far)), Orientation::kUpright);
}

TEST(IsStoredGrayTest, ReadsTheNumberOfComponents) {
  const auto frame = [](char components) {
    return "\xff\xd8" + segment('\xdb', "table") +
           segment('\xc2', std::string("\x08\0\x10\0\x10", 5) + components);
  };
  EXPECT_TRUE(is_stored_gray(bytes_of(frame(1))));
  EXPECT_FALSE(is_stored_gray(bytes_of(frame(3))));
  EXPECT_FALSE(is_stored_gray(bytes_of(frame(1).substr(0, 15))));
  EXPECT_FALSE(is_stored_gray(bytes_of("BM")));
  EXPECT_FALSE(is_stored_gray({}));
}

}  // namespace
}  // namespace forebay
