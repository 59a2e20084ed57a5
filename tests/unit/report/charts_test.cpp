// What is drawn of a recording that is known.

#include <forebay/graph/report/charts.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "recordings.hpp"

namespace forebay::detail {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

class ChartsTest : public testing::Test {
 protected:
  Timeline timeline() const { return Timeline(recording_); }

  Recording recording_ = test::small_recording();
};

TEST_F(ChartsTest, ThroughputHasALineForEachGraph) {
  const Plot plot = throughput(recording_, timeline());
  EXPECT_EQ(plot.title, "Throughput, images/s");
  ASSERT_EQ(plot.lines.size(), 2u);
  EXPECT_EQ(plot.lines[0].name, "train");
  EXPECT_THAT(plot.lines[0].points.at(50), Pair(50.5, 50));
  EXPECT_THAT(plot.lines[0].points.back(), Pair(99.5, 50));
  EXPECT_THAT(plot.lines[1].points.front(), Pair(100.5, 50));
}

TEST_F(ChartsTest, ThroughputOfAMomentIsPartOfTheOneBefore) {
  recording_.steps[98].time = 1099.9;
  recording_.steps[98].samples = 105;
  recording_.steps[99].seconds = 0.1;
  recording_.steps[99].samples = 5;
  const auto points = throughput(recording_, timeline()).lines[0].points;
  EXPECT_EQ(points.size(), 99u);
  EXPECT_NEAR(points.back().second, 100, 1e-6);
}

TEST_F(ChartsTest, FiguresAreThoseThatChange) {
  const std::vector<Plot> plots = figures(recording_, timeline());
  ASSERT_EQ(plots.size(), 1u) << "the number of epochs stays the same";
  EXPECT_EQ(plots[0].title, "loss");
  ASSERT_EQ(plots[0].lines.size(), 2u);
  EXPECT_THAT(plots[0].lines[0].points.at(0), Pair(0.5, 100));
  EXPECT_THAT(plots[0].lines[0].points.at(99), Pair(99.5, 1));
  EXPECT_TRUE(plots[0].lines[1].dots);
  EXPECT_THAT(plots[0].lines[1].points, ElementsAre(Pair(110, 7))) << "known at the end";
}

TEST_F(ChartsTest, ProcessorsDisksAndDevices) {
  EXPECT_EQ(processors(recording_, timeline()).lines[0].points.at(3).second, 40);
  EXPECT_EQ(processors(recording_, timeline()).lines[1].points.at(3).second, 10);
  EXPECT_EQ(disks(recording_, timeline()).lines[0].points.at(3).second, 2);
  EXPECT_EQ(devices(recording_, timeline()).lines[0].points.at(3).second, 80);
}

TEST_F(ChartsTest, ManyDevicesAreThreeLines) {
  recording_.devices.assign(16, {"sim", 0});
  for (RecordedStep& step : recording_.steps) {
    step.devices.assign(16, {50, 0, 0});
    step.devices[3].busy = 10;
    step.devices[4].busy = 90;
  }
  const Plot plot = devices(recording_, timeline());
  ASSERT_EQ(plot.lines.size(), 3u);
  EXPECT_EQ(plot.lines[0].points.at(3).second, 50);
  EXPECT_EQ(plot.lines[1].points.at(3).second, 10);
  EXPECT_EQ(plot.lines[2].points.at(3).second, 90);
}

TEST_F(ChartsTest, BottlenecksAreWhatTheNextVerdictSays) {
  const Bottlenecks found = bottlenecks(recording_, timeline());
  ASSERT_EQ(found.all.size(), 3u);
  EXPECT_EQ(found.all[0].name, "decode");
  EXPECT_EQ(found.all[0].seconds, 60);
  EXPECT_NEAR(found.all[0].share, 60.0 / 110, 1e-9);
  EXPECT_EQ(found.all[1].name, "the cores");
  EXPECT_EQ(found.all[1].seconds, 40);
  EXPECT_EQ(found.all[2].name, "too little seen") << "of the validation there is no verdict";
  ASSERT_EQ(found.spans.size(), 3u);
  EXPECT_EQ(found.spans[1].begin, 60);
  EXPECT_EQ(found.spans[1].end, 100);
  EXPECT_EQ(found.spans[1].colour, 1u);
}

TEST_F(ChartsTest, AfterTheLastVerdictItHolds) {
  recording_.verdicts.pop_back();
  const Bottlenecks found = bottlenecks(recording_, timeline());
  EXPECT_EQ(found.all[0].name, "decode");
  EXPECT_EQ(found.all[0].seconds, 100);
}

TEST_F(ChartsTest, NodesOfOneNameInSeveralGraphsAreOne) {
  const std::vector<NodeStrips> strips = node_strips(recording_, timeline());
  ASSERT_EQ(strips.size(), 3u);
  EXPECT_EQ(strips[1].name, "decode");
  EXPECT_EQ(strips[1].fill.layers.at(0).at(50), 0.75);
  EXPECT_EQ(strips[1].fill.layers.at(0).at(105), 0.75);
  EXPECT_EQ(strips[2].times.layers.at(0).at(50), 0.1);
  EXPECT_EQ(strips[2].times.layers.at(1).at(50), 0.2);
  EXPECT_TRUE(std::isnan(strips[2].fill.layers.at(0).at(105)));
}

TEST_F(ChartsTest, SumsAreOfOneGraph) {
  const GraphSums sums = sums_of(recording_, 0);
  EXPECT_EQ(sums.seconds, 100);
  EXPECT_EQ(sums.samples, 5000);
  EXPECT_EQ(sums.runs, 1u);
  EXPECT_EQ(sums.nodes.at(1).items, 5000);
  EXPECT_EQ(sums.nodes[1].fill, 75);
  EXPECT_EQ(sums.nodes[1].errors, 3u);
  EXPECT_EQ(sums.nodes[2].starved, 70);
}

}  // namespace
}  // namespace forebay::detail
