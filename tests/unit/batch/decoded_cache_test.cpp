#include <forebay/nodes/batch/decoded_cache.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include <forebay/graph/error.hpp>
#include <forebay/nodes/image/encode.hpp>

namespace forebay {
namespace {

constexpr std::size_t kPlenty = std::size_t{64} << 20;
constexpr float kLabel = 7;

Image noise(int height, int width, int channels) {
  Image image = ImagePool().take(height, width, channels);
  Random random(static_cast<std::uint64_t>(height * width));
  for (std::size_t i = 0; i < image.bytes(); ++i) {
    image.row(0)[i] = static_cast<std::uint8_t>(random.below(256));
  }
  return image;
}

std::vector<std::byte> jpeg(int height, int width, int channels = 3) {
  return encode_jpeg(noise(height, width, channels));
}

std::vector<std::byte> without_last_half(std::vector<std::byte> bytes) {
  bytes.resize(bytes.size() / 2);
  return bytes;
}

// For samples of 32 x 40: planes, planes of three resolutions, planes and pixels, pixels, and none.
std::vector<std::vector<std::byte>> all_kinds() {
  return {jpeg(50, 70),
          jpeg(200, 170),
          jpeg(30, 120),
          encode_png(noise(60, 50, 3)),
          jpeg(45, 65, 1),
          without_last_half(jpeg(50, 70)),
          {}};
}

struct Way {
  AugmentOptions augment = imagenet_train({3, 32, 40});
  DecodeMode mode = DecodeMode::kFast;
};

std::vector<Way> all_ways() {
  std::vector<Way> ways(6);
  ways[1].mode = DecodeMode::kExact;
  ways[2].augment.brightness = ways[2].augment.saturation = 0.4;
  ways[3].augment = {.image_shape = {3, 32, 40}, .resize = 48, .random_crop = true};
  ways[4].augment = {.image_shape = {3, 32, 40}, .pad_size = 4, .random_crop = true};
  ways[5].augment = {.image_shape = {1, 32, 40}, .random_crop = true};
  return ways;
}

Record record_of(const std::vector<std::byte>& bytes, std::uint64_t index) {
  Record record;
  record.image = bytes;
  record.labels = {&kLabel, 1};
  record.id = 100 + index;
  record.index = index;
  return record;
}

// A sample, or why there is none.
using Outcome = std::variant<std::vector<float>, std::string>;

Outcome outcome(const Augment& augment, Random random, const auto& decode) {
  const ImageShape& shape = augment.options().image_shape;
  std::vector<float> sample(static_cast<std::size_t>(shape.channels * shape.height * shape.width));
  try {
    const Pixels pixels = decode();
    std::visit([&](const auto& image) { augment(image, random, sample.data()); }, pixels);
    return sample;
  } catch (const Error& error) {
    return error.what();
  }
}

TEST(DecodedCache, GivesTheSameSamplesAndErrorsAsDecodingEachTime) {
  const auto files = all_kinds();
  for (const Way& way : all_ways()) {
    const Augment augment(way.augment);
    const ImagePool images;
    DecodedCache cache(kPlenty, files.size());
    for (std::uint64_t pass = 0; pass < 40; ++pass) {
      for (std::uint64_t i = 0; i < files.size(); ++i) {
        const Random random(pass, i);
        Record record = record_of(files[i], i);
        const Outcome expected = outcome(augment, random, [&] {
          return decode_needed(record.image, augment, random, way.mode, images);
        });
        if (cache.known(i)) record.image = {};
        const Outcome got = outcome(augment, random, [&] {
          return cache.pixels(record, augment, random, way.mode, images);
        });
        ASSERT_EQ(got, expected) << "image " << i << ", pass " << pass;
      }
    }
    const CacheStats stats = cache.stats();
    EXPECT_EQ(stats.images, 5u);  // all that are not damaged
    EXPECT_EQ(stats.hits, 39u * 5);
    EXPECT_EQ(stats.misses, 5u + 40 * 2);
    EXPECT_FALSE(stats.full);
  }
}

TEST(DecodedCache, KnowsTheLabelsOfWhatItKeeps) {
  const auto bytes = jpeg(50, 70);
  const Augment augment(imagenet_train({3, 32, 40}));
  DecodedCache cache(kPlenty, 2);
  {
    const std::vector<float> labels{3, 4, 5};
    Record record = record_of(bytes, 1);
    record.labels = labels;
    cache.pixels(record, augment, Random(1), DecodeMode::kFast, ImagePool());
  }
  EXPECT_FALSE(cache.known(0));
  const auto known = cache.known(1);
  ASSERT_TRUE(known);
  EXPECT_EQ(known->id, 101u);
  EXPECT_EQ(std::vector<float>(known->labels.begin(), known->labels.end()),
            (std::vector<float>{3, 4, 5}));
}

TEST(DecodedCache, KeepsWhatFitsAndThenNothingElse) {
  constexpr std::uint64_t kImages = 50;
  const auto bytes = jpeg(50, 70), small = jpeg(33, 41);
  const Augment augment(imagenet_train({3, 32, 40}));
  const ImagePool images;
  DecodedCache cache(100'000, kImages + 1);
  const auto see = [&](const std::vector<std::byte>& file, std::uint64_t index) {
    cache.pixels(record_of(file, index), augment, Random(index), DecodeMode::kFast, images);
  };
  for (std::uint64_t i = 0; i < kImages; ++i) see(bytes, i);
  const CacheStats first = cache.stats();
  EXPECT_TRUE(first.full);
  EXPECT_EQ(first.capacity, 100'000u);
  EXPECT_LE(first.bytes, first.capacity);
  EXPECT_GT(first.bytes + first.bytes / first.images, first.capacity);
  const std::size_t planes = 50 * 70 + 2 * 25 * 35;
  EXPECT_GE(first.bytes, first.images * planes);
  EXPECT_EQ(first.hits, 0u);
  EXPECT_EQ(first.misses, kImages);

  see(small, kImages);
  for (std::uint64_t i = 0; i < kImages; ++i) {
    EXPECT_EQ(cache.known(i).has_value(), i < first.images);
    see(bytes, i);
  }
  const CacheStats second = cache.stats();
  EXPECT_EQ(second.images, first.images);
  EXPECT_EQ(second.bytes, first.bytes);
  EXPECT_EQ(second.hits, first.images);
  EXPECT_EQ(second.misses, kImages + 1 + kImages - first.images);
}

TEST(DecodedCache, KeepsAnImageOnceWhenThreadsMeet) {
  constexpr std::uint64_t kImages = 6;
  const auto bytes = jpeg(50, 70);
  const Augment augment(imagenet_train({3, 32, 40}));
  const ImagePool images;
  const auto sample = [&](const auto& decode, std::uint64_t i) {
    return outcome(augment, Random(i), decode);
  };
  std::vector<Outcome> expected;
  for (std::uint64_t i = 0; i < kImages; ++i) {
    expected.push_back(sample(
        [&] { return decode_needed(bytes, augment, Random(i), DecodeMode::kFast, images); }, i));
  }
  DecodedCache one(kPlenty, 1), cache(kPlenty, kImages);
  one.pixels(record_of(bytes, 0), augment, Random(0), DecodeMode::kFast, images);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (std::uint64_t n = 0; n < 20 * kImages; ++n) {
        const std::uint64_t i = n % kImages;
        const Record record = record_of(bytes, i);
        EXPECT_EQ(
            sample(
                [&] { return cache.pixels(record, augment, Random(i), DecodeMode::kFast, images); },
                i),
            expected[i]);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(cache.stats().images, kImages);
  EXPECT_EQ(cache.stats().bytes, kImages * one.stats().bytes);
  EXPECT_EQ(cache.stats().hits + cache.stats().misses, 4 * 20 * kImages);
}

}  // namespace
}  // namespace forebay
