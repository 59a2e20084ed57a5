#include <forebay/nodes/batch/image_path.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include <forebay/nodes/image/decode.hpp>
#include <forebay/nodes/image/encode.hpp>

namespace forebay {
namespace {

constexpr ImageShape kShape{3, 16, 16};
const std::string kFile = "train.rec";

/// Of a half that is 0 or a normal number above.
float float_of(Float16 half) {
  if (half.bits == 0) return 0;
  return std::ldexp(static_cast<float>(1024 + half.bits % 1024), half.bits / 1024 - 25);
}

// Encoded images kept alive for the whole test; image i has the colour 5 * i.
class ImagePathTest : public testing::Test {
 protected:
  void add_image(float label, int height = 20, int width = 24) {
    Image image = pool_.take(height, width, 3);
    for (int y = 0; y < height; ++y) {
      std::fill_n(image.row(y), width * 3, static_cast<std::uint8_t>(5 * encoded_.size()));
    }
    encoded_.push_back(encode_png(image));
    labels_.push_back({label});
  }

  Record record(std::size_t i) const {
    Record record;
    record.image = std::as_bytes(std::span(encoded_[i]));
    record.labels = labels_[i];
    record.id = 100 + i;
    record.position = 1000 + i;
    record.number = i;
    record.file = &kFile;
    return record;
  }

  static ImagePathOptions options() {
    ImagePathOptions options;
    options.augment.image_shape = kShape;
    options.augment.rgb_mean = {0, 0, 0};
    options.num_classes = 10;
    return options;
  }

  // The batches of all images, with copies of their pixels.
  struct Seen {
    std::vector<int> labels;
    std::vector<float> pixels;
    std::vector<std::size_t> filled;
    std::vector<std::uint64_t> next_positions;
    std::uint64_t skipped = 0;
  };
  Seen run(const ImagePathOptions& options, std::size_t batch_size, int threads = 2) {
    Seen seen;
    Graph graph("images", {.threads = threads});
    std::size_t next = 0;
    const auto source = graph.source("read", NodeSettings{}, [&]() -> std::optional<Record> {
      if (next == encoded_.size()) return std::nullopt;
      return record(next++);
    });
    const auto sink = graph.sink("batches", [&](const BatchHandle& batch) {
      seen.filled.push_back(batch->filled);
      seen.next_positions.push_back(batch->next_position);
      seen.labels.insert(seen.labels.end(), batch->labels.begin(),
                         batch->labels.begin() + static_cast<std::ptrdiff_t>(batch->filled));
      seen.pixels.insert(seen.pixels.end(), batch->row(0), batch->row(batch->filled));
    });
    source >> image_path(graph, options, BatchPool(batch_size, kShape), ImagePool()) >> sink;
    seen.skipped = graph.run().node("decode").skipped;
    return seen;
  }

  std::string error_of(const ImagePathOptions& options) {
    try {
      run(options, 4);
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  }

  ImagePool pool_;
  std::vector<std::vector<std::byte>> encoded_;
  std::vector<std::vector<float>> labels_;
};

TEST_F(ImagePathTest, WritesEverySampleToItsRowInOrder) {
  for (int i = 0; i < 12; ++i) add_image(static_cast<float>(i % 10));
  const Seen seen = run(options(), 4);
  EXPECT_THAT(seen.filled, testing::ElementsAre(4, 4, 4));
  EXPECT_THAT(seen.next_positions, testing::ElementsAre(1004, 1008, 1012));
  ASSERT_EQ(seen.labels.size(), 12u);
  constexpr std::size_t kSample = 3 * 16 * 16;
  for (std::size_t i = 0; i < 12; ++i) {
    EXPECT_EQ(seen.labels[i], static_cast<int>(i % 10));
    EXPECT_EQ(seen.pixels[i * kSample], static_cast<float>(5 * i));
    EXPECT_EQ(seen.pixels[(i + 1) * kSample - 1], static_cast<float>(5 * i));
  }
}

TEST_F(ImagePathTest, DecodesFastWithSmallDifferencesOrExactly) {
  for (int i = 0; i < 12; ++i) {
    Image image = pool_.take(50, 60, 3);
    for (int y = 0; y < 50; ++y) {
      for (int x = 0; x < 180; ++x) image.row(y)[x] = static_cast<std::uint8_t>(2 * y + x / 3 + i);
    }
    encoded_.push_back(encode_jpeg(image));
    labels_.push_back({1});
  }
  ImagePathOptions crops = options();
  crops.augment = imagenet_train(kShape);
  crops.augment.rgb_std = {1, 1, 1};
  const Seen fast = run(crops, 4);
  crops.decode_mode = DecodeMode::kExact;
  const Seen exact = run(crops, 4);
  ASSERT_EQ(fast.pixels.size(), exact.pixels.size());
  double sum = 0;
  for (std::size_t i = 0; i < fast.pixels.size(); ++i) {
    sum += std::abs(fast.pixels[i] - exact.pixels[i]);
  }
  EXPECT_GT(sum, 0);
  EXPECT_LT(sum / static_cast<double>(fast.pixels.size()), 1.5);
  const Augment augment(crops.augment);
  std::vector<float> sample(3 * 16 * 16);
  for (std::size_t i = 0; i < 12; ++i) {
    augment(decode(encoded_[i], ImagePool()), Random(crops.seed, 1000 + i), sample.data());
    EXPECT_TRUE(std::equal(sample.begin(), sample.end(), &exact.pixels[i * sample.size()])) << i;
  }
}

TEST_F(ImagePathTest, GivesTheSameBatchesForAnyConcurrency) {
  for (int i = 0; i < 50; ++i) add_image(static_cast<float>(i % 10));
  ImagePathOptions random = options();
  random.augment.random_resized_crop = true;
  random.augment.min_random_area = 0.1;
  random.augment.max_random_aspect_ratio = 0.25;
  random.augment.random_mirror = true;
  random.augment.brightness = 0.4;
  random.decode_concurrency = random.augment_concurrency = 1;
  const Seen first = run(random, 8, 1);
  for (std::size_t concurrency : {2, 5, 16}) {
    random.decode_concurrency = random.augment_concurrency = concurrency;
    const Seen again = run(random, 8, 4);
    EXPECT_EQ(first.labels, again.labels);
    EXPECT_EQ(first.pixels, again.pixels) << concurrency;
  }
}

TEST_F(ImagePathTest, WritesSamplesInTheFormatOfTheBatches) {
  for (int i = 0; i < 4; ++i) add_image(1, 16, 16);
  Image image = pool_.take(16, 16, 3);
  for (int i = 0; i < 3 * 16 * 16; ++i) image.row(0)[i] = static_cast<std::uint8_t>(i % 251);
  encoded_[2] = encode_png(image);
  const SampleFormat format{SampleType::kFloat16, SampleLayout::kNchw};
  Graph graph("images", {.threads = 2});
  std::size_t next = 0;
  const auto source = graph.source("read", NodeSettings{}, [&]() -> std::optional<Record> {
    return next < 4 ? std::optional(record(next++)) : std::nullopt;
  });
  std::vector<Float16> third;
  const auto sink = graph.sink("batches", [&](const BatchHandle& batch) {
    third.assign(batch->row<Float16>(2), batch->row<Float16>(3));
  });
  source >> image_path(graph, options(), BatchPool(4, kShape, format), ImagePool()) >> sink;
  graph.run();
  ASSERT_EQ(third.size(), 3u * 16 * 16);
  for (std::size_t at = 0; at < third.size(); ++at) {
    const std::size_t channel = at / 256, pixel = at % 256;
    EXPECT_EQ(float_of(third[at]), static_cast<float>((3 * pixel + channel) % 251)) << at;
  }
}

TEST_F(ImagePathTest, DropsOrKeepsTheLastBatch) {
  for (int i = 0; i < 10; ++i) add_image(1);
  EXPECT_THAT(run(options(), 4).filled, testing::ElementsAre(4, 4));
  ImagePathOptions keep = options();
  keep.last = LastBatch::kKeep;
  EXPECT_THAT(run(keep, 4).filled, testing::ElementsAre(4, 4, 2));
}

TEST_F(ImagePathTest, FillsBatchesWithTheImagesAfterABadOne) {
  for (int i = 0; i < 9; ++i) add_image(static_cast<float>(i));
  encoded_[2].clear();
  ImagePathOptions skip = options();
  skip.on_bad_image = OnError::kSkip;
  const Seen seen = run(skip, 4);
  EXPECT_THAT(seen.labels, testing::ElementsAre(0, 1, 3, 4, 5, 6, 7, 8));
  EXPECT_THAT(seen.next_positions, testing::ElementsAre(1005, 1009));
  EXPECT_EQ(seen.skipped, 1u);
}

TEST_F(ImagePathTest, NamesTheBadImage) {
  for (int i = 0; i < 9; ++i) add_image(1);
  encoded_[7].clear();
  EXPECT_EQ(error_of(options()), "decode: train.rec, record 7 (id 107): the image has no bytes");
}

TEST_F(ImagePathTest, StopsAtTheLimitOfBadImages) {
  for (int i = 0; i < 9; ++i) add_image(1);
  for (std::size_t i : {1, 4, 8}) encoded_[i].clear();
  ImagePathOptions skip = options();
  skip.on_bad_image = OnError::kSkip;
  skip.bad_image_limit = 2;
  skip.decode_concurrency = 1;
  EXPECT_EQ(error_of(skip),
            "decode: train.rec, record 8 (id 108): the image has no bytes; 2 items were skipped "
            "before it, which is the limit");
}

TEST_F(ImagePathTest, AnImageThatWouldGrowHugeIsABadOne) {
  for (int i = 0; i < 9; ++i) add_image(static_cast<float>(i), i == 5 ? 65000 : 20, 1);
  ImagePathOptions shorter = options();
  shorter.augment.resize = 64;
  EXPECT_EQ(error_of(shorter),
            "decode: train.rec, record 5 (id 105): the image of 1 x 65000 pixels would become "
            "64 x 4160000, more than 2^26 pixels");
  shorter.on_bad_image = OnError::kSkip;
  const Seen seen = run(shorter, 4);
  EXPECT_THAT(seen.labels, testing::ElementsAre(0, 1, 2, 3, 4, 6, 7, 8));
  EXPECT_EQ(seen.skipped, 1u);
}

TEST_F(ImagePathTest, ALabelOutOfRangeEndsTheRunEvenWhenBadImagesAreSkipped) {
  for (int i = 0; i < 4; ++i) add_image(i == 3 ? 10 : 1);
  ImagePathOptions skip = options();
  skip.on_bad_image = OnError::kSkip;
  EXPECT_EQ(error_of(skip),
            "slot: train.rec, record 3 (id 103): label 10 is out of range for 10 classes; set "
            "num-classes to what the data has, or repack");
}

}  // namespace
}  // namespace forebay
