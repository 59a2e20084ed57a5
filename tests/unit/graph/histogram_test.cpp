#include <forebay/graph/histogram.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>

namespace forebay {
namespace {

TEST(Histogram, GivesQuantilesWithinASixteenth) {
  for (std::int64_t value :
       {1LL, 15LL, 16LL, 17LL, 1000LL, 123456LL, 40'000'000LL, 7'000'000'000LL}) {
    Histogram histogram;
    for (int i = 0; i < 10; ++i) histogram.record(value);
    EXPECT_NEAR(double(histogram.quantile(0.5)), double(value), double(value) / 16) << value;
  }
}

TEST(Histogram, SplitsItsCountAtTheQuantile) {
  Histogram histogram;
  for (int i = 1; i <= 100; ++i) histogram.record(i * 1000);
  EXPECT_EQ(histogram.count(), 100u);
  EXPECT_NEAR(double(histogram.quantile(0.5)), 50'000, 50'000 / 16.0);
  EXPECT_NEAR(double(histogram.quantile(0.99)), 99'000, 99'000 / 16.0);
}

TEST(Histogram, CountsNegativeTimesAsNoneAndEndlessOnesAsItsLongest) {
  Histogram histogram;
  EXPECT_EQ(histogram.quantile(0.5), 0);
  histogram.record(-5);
  EXPECT_EQ(histogram.quantile(1), 0);
  histogram.record(INT64_MAX);
  EXPECT_GT(histogram.quantile(1), std::int64_t{9} * 3600 * 1'000'000'000);
}

TEST(Histogram, SubtractsToWhatHappenedInBetween) {
  Histogram before;
  before.record(100);
  Histogram after = before;
  for (int i = 0; i < 3; ++i) after.record(1'000'000);
  after -= before;
  EXPECT_EQ(after.count(), 3u);
  EXPECT_NEAR(double(after.quantile(0)), 1e6, 1e6 / 16);
}

}  // namespace
}  // namespace forebay
