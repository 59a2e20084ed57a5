// A part is decoded to the pixels that the whole image has there.

#include <forebay/nodes/image/decode.hpp>

#include <gtest/gtest.h>

#include <span>

#include <forebay/graph/error.hpp>
#include <forebay/nodes/random.hpp>
#include <support/error_of.hpp>

#include "fixtures.hpp"
#include "jpeg_fixture.hpp"

namespace forebay {
namespace {

bool covers(Crop outer, Crop inner) {
  return outer.y <= inner.y && outer.x <= inner.x &&
         outer.y + outer.height >= inner.y + inner.height &&
         outer.x + outer.width >= inner.x + inner.width;
}

bool same(const ImageView& a, const ImageView& b) {
  for (int y = 0; y < a.height; ++y) {
    if (!std::equal(a.row(y), a.row(y) + a.width * a.channels, b.row(y))) return false;
  }
  return a.height == b.height && a.width == b.width;
}

class DecodePart : public testing::TestWithParam<JpegLayout> {};

TEST_P(DecodePart, GivesTheWholeImagesPixels) {
  const ImagePool pool;
  Random random(5);
  for (const ImageSize size : {ImageSize{150, 107}, ImageSize{64, 64}}) {
    const std::vector<std::byte> bytes = encode_noise(size, GetParam());
    for (const int channels : {3, 1}) {
      const Image whole = decode(bytes, pool, channels);
      for (int i = 0; i < 200; ++i) {
        const Crop crop = any_crop(size, random);
        const ImagePart part =
            decode_part(bytes, pool, channels, [crop](ImageSize) { return crop; });
        ASSERT_EQ(part.whole, size);
        ASSERT_TRUE(covers(part.place, crop));
        ASSERT_TRUE(same(part.view(crop), whole.view().part(crop)))
            << crop.y << " " << crop.x << " " << crop.height << " " << crop.width;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Layouts, DecodePart,
                         testing::Values(JpegLayout{"s444", 1, 1}, JpegLayout{"s422", 2, 1},
                                         JpegLayout{"s440", 1, 2}, JpegLayout{"s420", 2, 2},
                                         JpegLayout{"s411", 4, 1}, JpegLayout{"s410", 4, 2},
                                         JpegLayout{"s441", 1, 4},
                                         JpegLayout{"progressive444", 1, 1, Scans::kSeveral},
                                         JpegLayout{"progressive422", 2, 1, Scans::kSeveral},
                                         JpegLayout{"progressive420", 2, 2, Scans::kSeveral},
                                         JpegLayout{"restarts", 2, 2, Scans::kOne, 1}),
                         [](const auto& param) { return param.param.name; });

const JpegLayout kUsual{"s420", 2, 2};

TEST(DecodePartOfJpeg, TakesMemoryForLittleMoreThanThePart) {
  const ImagePart part =
      decode_part(encode_noise({640, 480}, kUsual), ImagePool(), 3, [](ImageSize) {
        return Crop{100, 200, 50, 60};
      });
  EXPECT_EQ(part.place.y, 100);
  EXPECT_EQ(part.place.height, 50);
  EXPECT_LE(part.place.width, 60 + 2 * 32);
}

TEST(DecodePartOfJpeg, DoesNotReadBelowThePart) {
  std::vector<std::byte> bytes = encode_noise({64, 64}, {"restarts", 2, 2, Scans::kOne, 1});
  // The last of three restart markers becomes a second end: what is below is lost.
  const std::byte last[] = {std::byte{0xff}, std::byte{0xd2}};
  const auto at = std::find_end(bytes.begin(), bytes.end(), std::begin(last), std::end(last));
  ASSERT_NE(at, bytes.end());
  *(at + 1) = std::byte{0xd9};
  EXPECT_EQ(decode_part(bytes, ImagePool(), 3,
                        [](ImageSize) {
                          return Crop{0, 0, 30, 64};
                        })
                .pixels.height(),
            30);
  EXPECT_NE(test::error_of([&] { decode(bytes, ImagePool()); }), "");
}

TEST(DecodePartOfJpeg, WithoutItsEndTheImageIsJudgedAsAWhole) {
  const std::vector<std::byte> bytes = encode_noise({64, 64}, kUsual);
  const auto top = [](std::span<const std::byte> cut) {
    return test::error_of([&] {
      decode_part(cut, ImagePool(), 3, [](ImageSize) { return Crop{0, 0, 8, 8}; });
    });
  };
  for (std::size_t i = 0; i < 16; ++i) {
    const auto cut = std::span(bytes).first(bytes.size() * i / 16);
    EXPECT_EQ(top(cut), test::error_of([&] { decode(cut, ImagePool()); })) << i << "/16";
  }
}

TEST(DecodePartOfOthers, IsTheWholeImage) {
  for (const char* file : {"rgb.png", "lossless.webp", "rgb.bmp", "cmyk.jpg"}) {
    const std::vector<std::byte> bytes = read_file(fixture(file));
    const Image whole = decode(bytes, ImagePool());
    const ImagePart part = decode_part(bytes, ImagePool(), 3, [](ImageSize) {
      return Crop{1, 2, 3, 4};
    });
    EXPECT_EQ(part.place, all_of(part.whole)) << file;
    EXPECT_TRUE(same(part.pixels.view(), whole.view())) << file;
    const auto refuse = [](ImageSize) -> Crop { throw Error("no"); };
    EXPECT_EQ(test::error_of([&] { decode_part(bytes, ImagePool(), 3, refuse); }), "no") << file;
  }
}

}  // namespace
}  // namespace forebay
