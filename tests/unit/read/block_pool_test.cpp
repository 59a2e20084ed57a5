#include <gtest/gtest.h>

#include <forebay/nodes/read/block_pool.hpp>

namespace forebay {
namespace {

TEST(BlockPool, UsesABlockAgainWhenItIsGivenBack) {
  const auto pool = std::make_shared<BlockPool>(1000, 2);
  auto first = pool->take(10);
  EXPECT_EQ(first.bytes.size(), 1000U);
  const std::byte* const address = first.bytes.data();
  first = {};
  const auto second = pool->take(1000);
  EXPECT_EQ(second.bytes.data(), address);
  EXPECT_EQ(pool->allocated(), 1U);
  EXPECT_EQ(pool->in_use(), 1U);
}

TEST(BlockPool, MakesLargerBlocksForThePurpose) {
  const auto pool = std::make_shared<BlockPool>(1000, 2);
  auto large = pool->take(5000);
  EXPECT_EQ(large.bytes.size(), 5000U);
  large = {};
  EXPECT_EQ(pool->in_use(), 0U);
  EXPECT_EQ(pool->take(10).bytes.size(), 1000U);
  EXPECT_EQ(pool->allocated(), 2U);
}

TEST(BlockPool, OutlivesItsOwnerWhileABlockIsInUse) {
  auto pool = std::make_shared<BlockPool>(1000, 2);
  auto block = pool->take(10);
  pool.reset();
  block.bytes[999] = std::byte{1};
  block = {};
}

TEST(BlockFiller, PutsPiecesSideBySide) {
  const auto pool = std::make_shared<BlockPool>(100, 2);
  BlockFiller filler(pool);
  const auto a = filler.take(10);
  const auto b = filler.take(20);
  EXPECT_EQ(a.bytes.size(), 10U);
  EXPECT_EQ(b.bytes.data(), a.bytes.data() + 16);
  const auto c = filler.take(70);  // 64 are left
  EXPECT_EQ(pool->in_use(), 2U);
  const auto large = filler.take(300);
  EXPECT_EQ(large.bytes.size(), 300U);
  EXPECT_EQ(filler.take(0).bytes.size(), 0U);
}

}  // namespace
}  // namespace forebay
