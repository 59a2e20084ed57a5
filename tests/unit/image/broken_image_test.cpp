// Whatever the bytes are, decoding gives an image or an Error.

#include <gtest/gtest.h>

#include <span>
#include <string_view>

#include <forebay/graph/error.hpp>
#include <forebay/nodes/image/decode.hpp>
#include <forebay/nodes/random.hpp>

#include "fixtures.hpp"
#include "jpeg_fixture.hpp"

namespace forebay {
namespace {

std::vector<std::byte> to_bytes(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text.data(), text.size()));
  return {bytes.begin(), bytes.end()};
}

std::string reason(std::span<const std::byte> bytes) {
  try {
    decode(bytes, ImagePool());
    return "none";
  } catch (const Error& error) {
    return error.what();
  }
}

TEST(BrokenImage, SaysWhatIsWrong) {
  EXPECT_EQ(reason({}), "the image has no bytes");
  EXPECT_EQ(reason(to_bytes("This is a text file.\n")),
            "the image is neither JPEG, PNG, WebP nor BMP");
  EXPECT_EQ(reason(to_bytes("\xff\xd8\xff")), "JPEG: premature end of data");
  EXPECT_EQ(reason(to_bytes("\x89PNG\r\n\x1a\n")), "PNG: premature end of data");
  EXPECT_EQ(reason(to_bytes("BM")), "BMP: premature end of data");
  EXPECT_EQ(reason(to_bytes("RIFF1234WEBP")), "WebP: damaged or cut off");
}

TEST(BrokenImage, MissingPixelsAreAnError) {
  const std::vector<std::byte> bytes = read_file(fixture("rgb420.jpg"));
  EXPECT_EQ(reason(std::span(bytes).first(bytes.size() / 2)), "JPEG: premature end of data");

  std::vector<std::byte> ended(bytes.begin(), bytes.begin() + static_cast<long>(bytes.size() / 2));
  ended.push_back(std::byte{0xff});
  ended.push_back(std::byte{0xd9});  // end of image
  EXPECT_EQ(reason(ended), "JPEG: Corrupt JPEG data: premature end of data segment");
}

TEST(BrokenImage, BytesBetweenSegmentsAreNot) {
  std::vector<std::byte> bytes = read_file(fixture("rgb420.jpg"));
  const std::byte tables[] = {std::byte{0xff}, std::byte{0xdb}};
  bytes.insert(std::search(bytes.begin(), bytes.end(), std::begin(tables), std::end(tables)), 3,
               std::byte{0x11});
  EXPECT_EQ(reason(bytes), "none");
}

void set_big_endian(std::vector<std::byte>& bytes, std::size_t at, int count, unsigned value) {
  for (int i = count; i-- > 0; value >>= 8) {
    bytes[at + static_cast<std::size_t>(i)] = static_cast<std::byte>(value & 255);
  }
}

TEST(BrokenImage, AbsurdSizesAreRefusedBeforeTheyAreAllocated) {
  std::vector<std::byte> jpeg = read_file(fixture("gray.jpg"));
  const std::byte frame[] = {std::byte{0xff}, std::byte{0xc0}};
  const auto at = std::search(jpeg.begin(), jpeg.end(), std::begin(frame), std::end(frame));
  ASSERT_NE(at, jpeg.end());
  const auto start = static_cast<std::size_t>(at - jpeg.begin());
  set_big_endian(jpeg, start + 5, 2, 65500);
  set_big_endian(jpeg, start + 7, 2, 65500);
  EXPECT_EQ(reason(jpeg), "JPEG: 65500 x 65500 is more than 2^28 pixels");

  std::vector<std::byte> png = read_file(fixture("rgb.png"));
  set_big_endian(png, 16, 4, 1000000);
  set_big_endian(png, 20, 4, 1000);
  EXPECT_EQ(reason(png), "PNG: 1000000 x 1000 is more than 2^28 pixels");
}

TEST(BrokenImage, RepeatedScansAreRefused) {
  std::vector<std::byte> bytes = read_file(fixture("progressive.jpg"));
  const std::byte marker[] = {std::byte{0xff}, std::byte{0xda}};
  const auto scan = std::find_end(bytes.begin(), bytes.end(), std::begin(marker), std::end(marker));
  const std::vector<std::byte> last(scan, bytes.end() - 2);
  for (int i = 0; i < 600; ++i) bytes.insert(bytes.end() - 2, last.begin(), last.end());
  EXPECT_EQ(reason(bytes), "JPEG: Inconsistent progression sequence for component 0 coefficient 1");
}

/// A gray JPEG of 64 pixels a side whose coefficients come one by one and bit by bit:
/// 1 + 63 x (`bits` + 1) scans, each of them needed.
std::vector<std::byte> encode_in_scans(int bits) {
  std::vector<jpeg_scan_info> scans{{1, {0}, 0, 0, 0, 0}};
  for (int coefficient = 1; coefficient < 64; ++coefficient) {
    scans.push_back({1, {0}, coefficient, coefficient, 0, bits});
    for (int bit = bits; bit > 0; --bit) {
      scans.push_back({1, {0}, coefficient, coefficient, bit, bit - 1});
    }
  }
  return encode_jpeg(noise(64, 64, 1), [&](jpeg_compress_struct& jpeg) {
    jpeg.scan_info = scans.data();
    jpeg.num_scans = static_cast<int>(scans.size());
  });
}

TEST(BrokenImage, MoreThan500ScansAreRefused) {
  EXPECT_EQ(reason(encode_in_scans(6)), "none");  // 442
  EXPECT_EQ(reason(encode_in_scans(7)), "JPEG: more than 500 scans");
}

TEST(BrokenImage, LargeImagesInScansAreRefusedBeforeTheirCoefficientsAreAllocated) {
  std::vector<std::byte> jpeg = read_file(fixture("progressive.jpg"));
  const std::byte frame[] = {std::byte{0xff}, std::byte{0xc2}};
  const auto at = std::search(jpeg.begin(), jpeg.end(), std::begin(frame), std::end(frame));
  ASSERT_NE(at, jpeg.end());
  const auto start = static_cast<std::size_t>(at - jpeg.begin());
  set_big_endian(jpeg, start + 5, 2, 8193);
  set_big_endian(jpeg, start + 7, 2, 8192);
  EXPECT_EQ(reason(jpeg), "JPEG: 8192 x 8193 is more than 2^26 pixels in several scans");
}

TEST(BrokenImage, EveryCutIsAnError) {
  for (const char* file : {"rgb420.jpg", "progressive.jpg", "gray.jpg", "cmyk.jpg", "restart.jpg",
                           "rgb.png", "palette.png", "lossless.webp", "lossy.webp", "rgb.bmp"}) {
    const std::vector<std::byte> bytes = read_file(fixture(file));
    for (std::size_t i = 0; i < 16; ++i) {
      EXPECT_NE(reason(std::span(bytes).first(bytes.size() * i / 16)), "none")
          << file << " " << i << "/16";
    }
  }
}

TEST(BrokenImage, FlippedBitsNeverCrash) {
  int decoded = 0;
  int refused = 0;
  ImagePool pool;
  for (const char* file : {"rgb420.jpg", "progressive.jpg", "cmyk.jpg", "restart.jpg",
                           "palette.png", "lossless.webp", "lossy.webp", "rgb.bmp"}) {
    const std::vector<std::byte> whole = read_file(fixture(file));
    for (std::uint64_t seed = 0; seed < 400; ++seed) {
      std::vector<std::byte> bytes = whole;
      Random random(seed, bytes.size());
      // Half of the flips are in the first 200 bytes, where the headers are.
      for (std::uint64_t flips = 1 + random.below(4); flips > 0; --flips) {
        const std::size_t bound = random.coin() ? std::size_t{200} : bytes.size();
        bytes[random.below(bound)] ^= static_cast<std::byte>(1u << random.below(8));
      }
      try {
        const Image image = decode(bytes, pool, random.coin() ? 3 : 1);
        EXPECT_GT(image.bytes(), 0u);
        ++decoded;
      } catch (const Error&) {
        ++refused;
      }
    }
  }
  EXPECT_GT(decoded, 100);
  EXPECT_GT(refused, 100);
}

TEST(BrokenImage, TheNextImageDecodesAsIfItHadNotBeen) {
  ImagePool pool;
  const std::vector<std::byte> good = read_file(fixture("rgb444.jpg"));
  const std::vector<std::byte> other = read_file(fixture("rgb420.jpg"));
  const Image expected = decode(good, pool);
  for (std::size_t size = 0; size < other.size(); size += 61) {
    EXPECT_NE(reason(std::span(other).first(size)), "none");
    EXPECT_EQ(largest_difference(decode(good, pool), to_mat(expected)), 0);
  }
}

}  // namespace
}  // namespace forebay
