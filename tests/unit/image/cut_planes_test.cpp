// Samples made of planes that were decoded as a whole, beside those of planes decoded for them.

#include <forebay/nodes/image/cut_planes.hpp>

#include <gtest/gtest.h>

#include <vector>

#include <forebay/nodes/image/augment.hpp>
#include <forebay/nodes/image/shrink_planes.hpp>
#include <forebay/nodes/random.hpp>

#include "jpeg_fixture.hpp"

namespace forebay {
namespace {

constexpr ImageShape kSample{3, 32, 40};

YccPart decode_all(const std::vector<std::byte>& bytes, int times) {
  return *decode_planes(bytes, ImagePool(), [times](ImageSize size) {
    return WantedPart{all_of(size), {size.width / times, size.height / times}};
  });
}

class CutPlanes : public testing::TestWithParam<JpegLayout> {};

// The image is large enough for parts that are reduced by 1, 2, 4 and 8.
TEST_P(CutPlanes, GiveTheSameSamplesAsDecodingTheirPart) {
  const std::vector<std::byte> bytes = encode_noise({349, 271}, GetParam());
  const Augment augment(imagenet_train(kSample));
  std::vector<float> expected(3 * 32 * 40), sample(expected.size());
  std::array<int, 9> seen{};
  for (std::uint64_t i = 0; i < 300; ++i) {
    const WantedPart wanted = *augment.wanted_planes({349, 271}, Random(i));
    const auto part = decode_planes(bytes, ImagePool(), [&](ImageSize) { return wanted; });
    augment(*part, Random(i), expected.data());

    const int times = reduction(wanted);
    YccPart whole = decode_all(bytes, times);
    std::vector<std::uint8_t> memory(bytes_of(whole.planes));
    const YccPlanes copied = copy_planes(whole.planes, memory.data());
    whole.planes = cut_planes(copied, wanted.part);
    augment(whole, Random(i), sample.data());
    ASSERT_EQ(sample, expected) << i << ", reduced by " << times;
    ++seen[static_cast<std::size_t>(times)];
  }
  EXPECT_GT(seen[1], 0);
  EXPECT_GT(seen[2], 0);
  EXPECT_GT(seen[4], 0);
}

INSTANTIATE_TEST_SUITE_P(Layouts, CutPlanes,
                         testing::Values(JpegLayout{"s444", 1, 1}, JpegLayout{"s422", 2, 1},
                                         JpegLayout{"s440", 1, 2}, JpegLayout{"s420", 2, 2}),
                         [](const auto& each) { return each.param.name; });

TEST(CutPlanesOfAPart, AreNoLargerThanNeeded) {
  const YccPart whole = decode_all(encode_noise({64, 48}, {"s420", 2, 2}), 1);
  const YccPlanes cut = cut_planes(whole.planes, {20, 30, 8, 10});
  EXPECT_EQ(cut[0].place, (Crop{18, 28, 12, 14}));
  EXPECT_EQ(cut[1].place, (Crop{8, 13, 8, 9}));
  EXPECT_EQ(bytes_of(cut), 12u * 14 + 2 * 8 * 9 + 64);
  const YccPlanes corner = cut_planes(whole.planes, {0, 0, 48, 64});
  EXPECT_EQ(corner[0].place, (Crop{0, 0, 48, 64}));
  EXPECT_EQ(corner[2].place, (Crop{0, 0, 24, 32}));
}

TEST(ShrinkPlanes, TakeMeansOfWholePixelsAndOfWhatIsLeftAtTheEnd) {
  // An image of 5 x 3, of which the first column is not there; chroma has half of the pixels.
  const std::vector<std::uint8_t> luma{10, 20, 30, 40,  //
                                       12, 22, 32, 42,  //
                                       50, 60, 70, 81};
  const std::vector<std::uint8_t> chroma{1, 3, 200,  //
                                         5, 7, 100};
  const Plane half{chroma.data(), 3, {0, 0, 2, 3}, 0.5, 0.5};
  const YccPlanes planes{{{luma.data(), 4, {0, 1, 3, 4}, 1, 1}, half, half}};
  const YccPart part = shrink_planes(planes, {5, 3}, 2, ImagePool());
  const Plane& y = part.planes[0];
  EXPECT_EQ(y.place, (Crop{0, 1, 2, 2}));
  EXPECT_EQ(y.per_x, 0.5);
  EXPECT_EQ(std::vector(y.pixels, y.pixels + 4), (std::vector<std::uint8_t>{26, 41, 65, 81}));
  const Plane& cb = part.planes[1];
  EXPECT_EQ(cb.place, (Crop{0, 0, 1, 2}));
  EXPECT_EQ(cb.per_y, 0.25);
  EXPECT_EQ(std::vector(cb.pixels, cb.pixels + 2), (std::vector<std::uint8_t>{4, 150}));

  const YccPart same = shrink_planes(planes, {5, 3}, 1, ImagePool());
  EXPECT_EQ(same.planes[0].place, planes[0].place);
  EXPECT_EQ(std::vector(same.planes[0].pixels, same.planes[0].pixels + 12), luma);
}

}  // namespace
}  // namespace forebay
