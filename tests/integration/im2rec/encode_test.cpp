// What im2rec decodes, cuts and resizes, against what OpenCV did in the same order.

#include <im2rec/encode.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>

#include <forebay/graph/error.hpp>
#include <forebay/nodes/image/decode.hpp>
#include <forebay/nodes/image/encode.hpp>
#include <forebay/nodes/read/list.hpp>
#include <forebay/nodes/read/reader.hpp>
#include <support/error_of.hpp>

#include "temporary_folder.hpp"

namespace forebay {
namespace {

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

// The largest difference of two pixels; -1 where the sizes differ.
int difference(const Image& a, const Image& b) {
  if (a.height() != b.height() || a.width() != b.width()) return -1;
  int largest = 0;
  for (int y = 0; y < a.height(); ++y) {
    for (std::size_t i = 0; i < a.stride(); ++i) {
      largest = std::max(largest, std::abs(a.row(y)[i] - b.row(y)[i]));
    }
  }
  return largest;
}

// Encodes every photo with `options` and compares it with the record that OpenCV made.
void expect_like_opencv(const std::string& records, Im2recOptions options) {
  options.encoding = Encoding::kPng;
  options.quality = 3;
  const EncodeImage encode(options);
  const ImagePool pool;
  RecordReader reader({.data = fixture(records)});
  for (const ListEntry& entry : read_list(fixture("sorted.lst"))) {
    const auto record = reader();
    ASSERT_TRUE(record);
    const auto encoded = encode(bytes_of(content(fixture("photos/" + entry.path))));
    // Color, so that a gray record equals a gray image.
    EXPECT_EQ(difference(decode(encoded, pool), decode(record->image, pool)), 0) << entry.path;
  }
}

TEST(EncodeImageTest, TurnsImagesUprightAsTheirExifBlockSays) {
  expect_like_opencv("upright.rec", {});
}

TEST(EncodeImageTest, CutsTheMiddleSquareBeforeResizing) {
  expect_like_opencv("cropped.rec", {.resize = 10, .center_crop = true});
}

TEST(EncodeImageTest, EnlargesGrayImages) {
  expect_like_opencv("gray.rec", {.resize = 33, .color = Color::kGray});
}

TEST(EncodeImageTest, KeepsOrientationAndGrayAsStored) {
  expect_like_opencv("stored.rec", {.resize = 12, .color = Color::kAsStored});
  const EncodeImage encode({.color = Color::kAsStored});
  const auto channels = [&](const std::string& photo) {
    const auto jpeg = encode(bytes_of(content(fixture("photos/" + photo))));
    constexpr std::array kStartOfFrame = {std::byte{0xff}, std::byte{0xc0}};
    const auto frame = std::ranges::search(jpeg, kStartOfFrame);
    return std::to_integer<int>(frame.begin()[9]);
  };
  EXPECT_EQ(channels("cats/gray.jpg"), 1);
  EXPECT_EQ(channels("zebra.png"), 1);
  EXPECT_EQ(channels("cats/tabby.jpeg"), 3);
}

TEST(EncodeImageTest, MakesSmallerJpegsOfLowerQuality) {
  const std::string file = content(fixture("photos/birds/robin.jpg"));
  const auto size = [&](int quality) {
    return EncodeImage({.quality = quality})(bytes_of(file)).size();
  };
  EXPECT_LT(size(40), size(95));
}

TEST(EncodeImageTest, RefusesToMakeALongThinImageHuge) {
  const auto png = encode_png(ImagePool().take(1, 65000, 1));
  EXPECT_EQ(test::error_of([&] { EncodeImage({.resize = 256})(png); }),
            "the image of 65000 x 1 pixels would become 16640000 x 256, more than 2^26 pixels");
  EXPECT_EQ(test::error_of([&] { EncodeImage({.resize = 256, .center_crop = true})(png); }), "");
}

TEST(EncodeImageTest, SaysWhatIsWrongWithAnImage) {
  const EncodeImage encode({});
  const auto error_of = [&](const std::string& file) -> std::string {
    try {
      encode(bytes_of(file));
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(error_of(""), "the image has no bytes");
  EXPECT_EQ(error_of("text"), "the image is neither JPEG, PNG, WebP nor BMP");
}

}  // namespace
}  // namespace forebay
