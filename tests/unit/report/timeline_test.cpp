#include <forebay/graph/report/timeline.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace forebay::detail {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Recording recording(const std::vector<double>& starts, const std::vector<double>& steps) {
  Recording made;
  for (const double time : starts) made.starts.push_back({time, "", 0, 0, "", {}});
  for (const double time : steps) made.steps.emplace_back().time = time;
  return made;
}

TEST(TimelineTest, BeginsWithTheStartAndEndsWithTheLastStep) {
  const Timeline timeline(recording({1000}, {1001, 1002, 1005}));
  EXPECT_EQ(timeline.length(), 5);
  EXPECT_EQ(timeline.at(1000), 0);
  EXPECT_EQ(timeline.at(1004), 4);
  EXPECT_EQ(timeline.at(1999), 5);
  EXPECT_EQ(timeline.at(1), 0);
  EXPECT_THAT(timeline.restarts(), IsEmpty());
}

TEST(TimelineTest, LeavesOutWhatLiesBetweenStarts) {
  const Timeline timeline(recording({1000, 5000, 9000}, {1001, 1010, 5003, 9002}));
  EXPECT_EQ(timeline.length(), 15);
  EXPECT_EQ(timeline.at(1010), 10);
  EXPECT_EQ(timeline.at(4000), 10);
  EXPECT_EQ(timeline.at(5003), 13);
  EXPECT_EQ(timeline.at(9001), 14);
  EXPECT_THAT(timeline.restarts(), ElementsAre(10, 13));
}

TEST(MeansTest, WeighByTime) {
  const Timeline timeline(recording({0}, {10}));
  Means means(timeline, 5);  // of 2 s each
  means.add(0, 1, 10);
  means.add(1, 3, 4);
  means.add(7.5, 10, 8);
  EXPECT_EQ(means.piece(), 2);
  EXPECT_EQ(means[0], 7);
  EXPECT_EQ(means[1], 4);
  EXPECT_TRUE(std::isnan(means[2]));
  EXPECT_EQ(means[3], 8);
  EXPECT_EQ(means[4], 8);
}

TEST(MeansTest, IgnoreWhatIsOutside) {
  const Timeline timeline(recording({0}, {10}));
  Means means(timeline, 2);
  means.add(-5, 5, 1);
  means.add(10, 12, 7);
  means.add(8, 3, 7);
  EXPECT_EQ(means[0], 1);
  EXPECT_TRUE(std::isnan(means[1]));
}

}  // namespace
}  // namespace forebay::detail
