#include <forebay/graph/report/plot.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>

namespace forebay::detail {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr double kGap = std::numeric_limits<double>::quiet_NaN();

TEST(PlotTest, PutsPointsWhereTheyBelong) {
  // The axes leave 100 pixels in each direction.
  const Plot plot{"rate", " %", 100, {{"a", {{0, 0}, {5, 50}, {10, 100}}}}};
  EXPECT_THAT(plot_figure(plot, {10, {}}, 156, 128), HasSubstr("d=\"M46 108L96 58L146 8\""));
}

TEST(PlotTest, InterruptsALineWhereNothingIsKnown) {
  const Plot plot{"rate", "", 100, {{"a", {{0, 0}, {2, kGap}, {5, 50}, {10, 100}}}}};
  EXPECT_THAT(plot_figure(plot, {10, {}}, 156, 128), HasSubstr("d=\"M46 108M96 58L146 8\""));
}

TEST(PlotTest, ChoosesATopThatIsEasilyHalved) {
  const Plot plot{"rate", "", 0, {{"a", {{0, 387}}}}};
  const std::string svg = plot_figure(plot, {10, {}}, 200, 100);
  EXPECT_THAT(svg, HasSubstr(">400</text>"));
  EXPECT_THAT(svg, HasSubstr(">200</text>"));
}

TEST(PlotTest, CutsOffAFewValuesThatAreMuchHigher) {
  Plot plot{"loss", "", 0, {{"a", {}}}};
  for (int i = 0; i < 50; ++i) plot.lines[0].points.emplace_back(i, i == 3 ? 150 : 2.3);
  EXPECT_THAT(plot_figure(plot, {50, {}}, 200, 100), HasSubstr(">3</text>"));
}

TEST(PlotTest, OfNothingIsAnEmptyOne) {
  EXPECT_THAT(plot_figure({"rate", "", 0, {{"a", {}}}}, {0, {}}, 200, 100), Not(HasSubstr("nan")));
}

TEST(PlotTest, HasALegendForSeveralLines) {
  EXPECT_THAT(plot_figure({"t", "", 0, {{"<a>", {}}, {"b", {}}}}, {1, {}}, 200, 100),
              HasSubstr("<i class=\"key c0\"></i>&lt;a&gt;"));
  EXPECT_THAT(plot_figure({"t", "", 0, {{"a", {}}}}, {1, {}}, 200, 100), Not(HasSubstr("legend")));
}

TEST(StripTest, PutsLayersOnOneAnother) {
  const Strip strip{{{0.5, kGap}, {0.25, kGap}}, {"busy", "ready"}, "decode"};
  const std::string svg = strip_svg(strip);  // 24 pixels high
  EXPECT_THAT(svg, HasSubstr("<path class=\"busy\" d=\"M0 12h1v12h-1z\"/>"));
  EXPECT_THAT(svg, HasSubstr("<path class=\"ready\" d=\"M0 6h1v6h-1z\"/>"));
}

TEST(TextTest, ShowsTimesAndNumbersShort) {
  EXPECT_EQ(clock(0), "0:00");
  EXPECT_EQ(clock(42.4), "0:42");
  EXPECT_EQ(clock(3900), "1:05:00");
  EXPECT_EQ(clock(360000), "100:00:00");
  EXPECT_EQ(short_number(0.01234), "0.0123");
  EXPECT_EQ(short_number(38.66), "38.7");
  EXPECT_EQ(short_number(387.4), "387");
  EXPECT_EQ(short_number(1281167), "1,281,167");
}

}  // namespace
}  // namespace forebay::detail
