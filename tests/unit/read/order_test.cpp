#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

#include <forebay/nodes/read/order.hpp>

namespace forebay {
namespace {

std::vector<std::uint32_t> records_of(const PassOrder& order) {
  std::vector<std::uint32_t> records;
  for (std::uint64_t place = 0; place < order.size(); ++place) {
    records.push_back(order.record(place));
  }
  return records;
}

bool is_permutation(std::vector<std::uint32_t> records) {
  std::ranges::sort(records);
  std::vector<std::uint32_t> expected(records.size());
  std::iota(expected.begin(), expected.end(), 0U);
  return records == expected;
}

std::vector<std::uint32_t> blocks_of(std::uint32_t count, std::uint32_t size) {
  std::vector<std::uint32_t> begins;
  for (std::uint32_t i = 0; i <= count; ++i) begins.push_back(i * size);
  return begins;
}

TEST(Order, InSequenceIsTheIdentity) {
  EXPECT_EQ(records_of(PassOrder::in_sequence(4)), (std::vector<std::uint32_t>{0, 1, 2, 3}));
}

TEST(Order, IsAPermutationKeyedBySeedAndPass) {
  std::set<std::vector<std::uint32_t>> seen;
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    for (std::uint64_t pass = 0; pass < 5; ++pass) {
      const auto shuffled = records_of(PassOrder::shuffled(100, seed, pass));
      const auto mixed = records_of(PassOrder::mixed(blocks_of(20, 5), 4, seed, pass));
      EXPECT_TRUE(is_permutation(shuffled));
      EXPECT_TRUE(is_permutation(mixed));
      EXPECT_EQ(shuffled, records_of(PassOrder::shuffled(100, seed, pass)));
      EXPECT_EQ(mixed, records_of(PassOrder::mixed(blocks_of(20, 5), 4, seed, pass)));
      seen.insert(shuffled);
      seen.insert(mixed);
    }
  }
  EXPECT_EQ(seen.size(), 50U);
}

// The values themselves: training resumed with another build or on another machine needs them.
TEST(Order, DoesNotChangeFromBuildToBuild) {
  EXPECT_EQ(records_of(PassOrder::shuffled(8, 1, 2)),
            (std::vector<std::uint32_t>{2, 1, 5, 4, 0, 7, 6, 3}));
  EXPECT_EQ(records_of(PassOrder::mixed(blocks_of(4, 2), 2, 1, 2)),
            (std::vector<std::uint32_t>{1, 0, 7, 6, 3, 5, 4, 2}));
}

// Chi-squared over which record comes first: 9 degrees of freedom, 27.9 at p = 0.001.
TEST(Order, GivesEveryRecordEveryPlaceEquallyOften) {
  constexpr int kPasses = 10'000;
  for (const std::uint64_t place : {0, 5, 9}) {
    std::vector<int> counts(10);
    for (std::uint64_t pass = 0; pass < kPasses; ++pass) {
      ++counts[PassOrder::shuffled(10, 3, pass).record(place)];
    }
    double chi_squared = 0;
    for (const int count : counts) chi_squared += std::pow(count - 1000.0, 2) / 1000.0;
    EXPECT_LT(chi_squared, 27.9);
  }
}

// Where a block's records come and from how many blocks near neighbours in the order are.
TEST(MixedOrder, MixesTheBlocksOfItsWindow) {
  constexpr std::uint32_t kBlocks = 200;
  constexpr std::uint32_t kSize = 40;
  constexpr std::uint32_t kWindow = 16;
  const auto order = PassOrder::mixed(blocks_of(kBlocks, kSize), kWindow, 7, 0);
  double different = 0;
  int runs = 0;
  for (std::uint64_t begin = kSize * kWindow; begin + kSize * 2 * kWindow < order.size();
       begin += kSize) {
    std::set<std::uint32_t> blocks;
    for (std::uint64_t place = begin; place < begin + kSize; ++place) {
      blocks.insert(order.record(place) / kSize);
    }
    different += static_cast<double>(blocks.size());
    ++runs;
  }
  // 40 draws from 16 blocks: 16 * (1 - (15/16)^40) = 14.8 different ones.
  EXPECT_GT(different / runs, 13.5);

  int neighbours = 0;
  for (std::uint64_t place = 1; place < order.size(); ++place) {
    neighbours += order.record(place) == order.record(place - 1) + 1 ? 1 : 0;
  }
  EXPECT_LT(neighbours, 50);  // 8000 in the file
}

TEST(MixedOrder, NeedsABlockOnlyWhileItIsInTheWindow) {
  constexpr std::uint32_t kWindow = 4;
  const auto order = PassOrder::mixed(blocks_of(50, 10), kWindow, 7, 0);
  std::map<std::uint32_t, std::uint64_t> rank;
  for (const std::uint32_t block : order.visits()) rank.emplace(block, rank.size());
  std::uint64_t newest = 0;
  for (const std::uint32_t record : records_of(order)) {
    newest = std::max(newest, rank[record / 10]);
    EXPECT_GT(rank[record / 10] + kWindow, newest);
  }
}

TEST(MixedOrder, IsUniformWhenAllBlocksFitTheWindow) {
  const auto order = PassOrder::mixed(blocks_of(4, 10), 4, 7, 3);
  EXPECT_EQ(records_of(order), records_of(PassOrder::shuffled(40, 7, 3)));
  EXPECT_EQ(order.visits().size(), 4U);
}

TEST(Parts, CoverAPassOnceAndDifferByAtMostOne) {
  for (std::uint64_t records = 0; records < 60; ++records) {
    for (std::uint32_t parts = 1; parts < 20; ++parts) {
      std::uint64_t next = 0;
      for (std::uint32_t part = 0; part < parts; ++part) {
        const Places range = places_of_part(records, part, parts);
        EXPECT_EQ(range.begin, next);
        EXPECT_TRUE(range.size() == records / parts || range.size() == records / parts + 1);
        next = range.end;
      }
      EXPECT_EQ(next, records);
    }
  }
}

}  // namespace
}  // namespace forebay
