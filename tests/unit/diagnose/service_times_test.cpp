#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include <forebay/graph/simulate/service_times.hpp>

namespace forebay {
namespace {

TEST(Shuffled, GivesEveryNumberOnceInEachBlock) {
  for (const int bits : {1, 2, 7, 8, 12}) {
    for (std::uint64_t block = 0; block < 20; ++block) {
      const std::uint64_t size = std::uint64_t{1} << bits;
      std::vector<int> seen(size, 0);
      for (std::uint64_t i = 0; i < size; ++i) ++seen[shuffled(block * size + i, 17, bits)];
      EXPECT_EQ(std::count(seen.begin(), seen.end(), 1), static_cast<std::ptrdiff_t>(size));
    }
  }
}

TEST(Shuffled, LooksRandomFromOneItemToTheNext) {
  double sum = 0, products = 0, squares = 0;
  constexpr int kItems = 1 << 16;
  double previous = 0;
  for (std::uint64_t i = 0; i < kItems; ++i) {
    const double x = static_cast<double>(shuffled(i, 3, 8)) - 127.5;
    sum += x;
    squares += x * x;
    products += x * previous;
    previous = x;
  }
  EXPECT_EQ(sum, 0);
  EXPECT_LT(std::abs(products / squares), 0.03);
}

TEST(ServiceTimes, AreNoneByDefault) {
  EXPECT_EQ(ServiceTimes().mean(), 0);
  EXPECT_EQ(ServiceTimes().at(5, 1), 0);
}

TEST(ServiceTimes, KeepTheShapeOfAHistogramAndTheMeanThatIsGiven) {
  Histogram histogram;
  for (int i = 0; i < 900; ++i) histogram.record(2'000'000);
  for (int i = 0; i < 100; ++i) histogram.record(20'000'000);
  const ServiceTimes times = ServiceTimes::measured(histogram, 3.8e6);
  EXPECT_NEAR(times.mean(), 3.8e6, 1);
  double sum = 0;
  int slow = 0;
  for (std::uint64_t i = 0; i < 1024; ++i) {
    const double time = times.at(i, 9);
    sum += time;
    if (time > 10e6) ++slow;
  }
  EXPECT_NEAR(sum / 1024, 3.8e6, 1);
  EXPECT_NEAR(slow, 102, 4);
  EXPECT_NEAR(times.at(0, 9) / times.scaled(0.5).at(0, 9), 2, 1e-9);
}

TEST(ServiceTimes, OfAnEmptyHistogramAreAllTheMean) {
  EXPECT_EQ(ServiceTimes::measured(Histogram(), 7).at(3, 1), 7);
}

}  // namespace
}  // namespace forebay
