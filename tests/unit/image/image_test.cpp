#include <forebay/nodes/image/image.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace forebay {
namespace {

TEST(ImagePool, UsesTheMemoryOfADeadImageForTheNext) {
  ImagePool pool;
  const std::uint8_t* first = pool.take(375, 500, 3).row(0);
  EXPECT_EQ(pool.take(374, 499, 3).row(0), first);
  EXPECT_EQ(pool.allocations(), 1u);
}

TEST(ImagePool, HoldsAsManyAsWereAliveAtOnce) {
  ImagePool pool;
  for (int i = 0; i < 100; ++i) {
    std::vector<Image> alive;
    for (int k = 0; k < 7; ++k) alive.push_back(pool.take(100, 100, 3));
  }
  EXPECT_EQ(pool.allocations(), 7u);
}

TEST(ImagePool, WastesAtMostAQuarterOfAnImage) {
  for (int width = 2000; width < 20000; width += 13) {
    ImagePool pool;
    const Image image = pool.take(10, width, 3);
    EXPECT_GE(pool.bytes(), image.bytes());
    EXPECT_LE(pool.bytes(), image.bytes() + image.bytes() / 4);
  }
}

TEST(ImagePool, DoesNotKeepHugeImages) {
  ImagePool pool;
  { const Image image = pool.take(5000, 5000, 3); }
  EXPECT_EQ(pool.bytes(), 0u);
}

TEST(ImagePool, KeepsAQuarterGiBForTheNextImages) {
  ImagePool pool;
  {
    std::vector<Image> alive;
    for (int height = 1000; height < 5000; height += 100) {
      alive.push_back(pool.take(height, 4000, 3));
    }
    EXPECT_GT(pool.bytes(), std::size_t{1} << 30);
  }
  EXPECT_LE(pool.bytes(), std::size_t{256} << 20);
  EXPECT_GT(pool.bytes(), std::size_t{192} << 20);
  const std::size_t allocations = pool.allocations();
  { const Image kept = pool.take(1000, 4000, 3); }
  EXPECT_EQ(pool.allocations(), allocations);
}

TEST(ImagePool, ServesManyThreads) {
  ImagePool pool;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&pool, t] {
      for (int i = 1; i < 2000; ++i) {
        Image image = pool.take(8, 100 * (i % 30 + 1), 3);
        image.row(7)[0] = static_cast<std::uint8_t>(t);
        const Image copy = image;
        EXPECT_EQ(copy.row(7)[0], t);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(pool.allocations(), 4u * 30u);
}

TEST(Image, CopiesShareThePixelsAndTheLastGivesThemBack) {
  ImagePool pool;
  std::optional<Image> image = pool.take(4, 4, 1);
  image->row(2)[1] = 42;
  Image copy = *image;
  image.reset();
  EXPECT_EQ(copy.row(2)[1], 42);
  const Image other = pool.take(4, 4, 1);
  EXPECT_EQ(pool.allocations(), 2u);
  copy = Image();
  EXPECT_TRUE(copy.empty());
  const Image again = pool.take(4, 4, 1);
  EXPECT_EQ(pool.allocations(), 2u);
}

TEST(Image, OutlivesItsPool) {
  Image image = [] { return ImagePool().take(2, 3, 3); }();
  image.row(1)[8] = 7;
  Image moved = std::move(image);
  EXPECT_EQ(moved.row(1)[8], 7);
  EXPECT_EQ(moved.pool().allocations(), 1u);
}

TEST(ImageView, PartBeginsAtTheCropsCorner) {
  ImagePool pool;
  Image image = pool.take(10, 20, 3);
  const ImageView part = image.view().part({.y = 3, .x = 5, .height = 4, .width = 6});
  EXPECT_EQ(part.row(0), image.row(3) + 15);
  EXPECT_EQ(part.row(3), image.row(6) + 15);
  EXPECT_EQ(part.height, 4);
  EXPECT_EQ(part.width, 6);
}

}  // namespace
}  // namespace forebay
