#include <forebay/graph/inspect/picture.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "snapshots.hpp"

namespace forebay {
namespace {

using test::graph_of;
using test::node_of;
using test::small_graph;
using testing::HasSubstr;
using testing::Not;

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++found;
  return found;
}

TEST(Picture, DotSaysDepthsAndWork) {
  EXPECT_EQ(to_dot(small_graph()), R"(digraph "g" {
  rankdir=LR;
  node [shape=box, style=rounded, fontname="sans-serif"];
  edge [fontname="sans-serif", fontsize=10];
  "read" [label="read\n0/4 at work"];
  "decode" [label="decode\n3/4 at work"];
  "read" -> "decode" [label="12/16"];
}
)");
}

TEST(Picture, DotHasAllThatTakeFromAQueueAndSendToTheNext) {
  NodeSnapshot more = node_of("more", {test::queue_from("read")});
  more.helps = "decode";
  const std::string dot =
      to_dot(graph_of("g", {node_of("read"), node_of("decode", {test::queue_from("read")}), more,
                            node_of("slot", {test::queue_from("decode")})}));
  EXPECT_EQ(count(dot, "\"read\" -> \"decode\""), 1u);
  EXPECT_EQ(count(dot, "\"read\" -> \"more\""), 1u);
  EXPECT_EQ(count(dot, "\"decode\" -> \"slot\""), 1u);
  EXPECT_EQ(count(dot, "\"more\" -> \"slot\""), 1u);
}

TEST(Picture, DotDashesTheEdgeThatClosesACycle) {
  EXPECT_THAT(to_dot(test::training_graph(2)),
              HasSubstr("\"weights-new\" -> \"step\" [label=\"0/1\", style=dashed"));
}

TEST(Picture, DotTakesAnyName) {
  EXPECT_THAT(to_dot(graph_of("a \"b\" \\", {node_of("n\n\xFF")})),
              testing::AllOf(HasSubstr(R"(digraph "a \"b\" \\" {)"),
                             HasSubstr("\"n\\n\xEF\xBF\xBD\" [label=")));
}

TEST(Picture, SvgFillsTheBarsOfQueues) {
  const std::string svg = to_svg(small_graph());
  EXPECT_THAT(svg, HasSubstr(R"(<rect class="queue" x="10" y="27" width="140" height="9"/>)"));
  EXPECT_THAT(svg, HasSubstr(R"(<rect class="fill" x="10" y="27" width="105" height="9"/>)"));
  EXPECT_THAT(svg, HasSubstr(">12/16</text>"));
  EXPECT_THAT(svg, HasSubstr(">3/4</text>"));
  EXPECT_THAT(svg, HasSubstr("<title>decode, transform: 12 of 16 places taken by items from read; "
                             "3 items at work, 4 at most</title>"));
}

TEST(Picture, SvgHasEveryNodeAndEdge) {
  const std::string svg = to_svg(test::training_graph(16));
  EXPECT_EQ(count(svg, "<g class=\"node\""), 29u);
  EXPECT_EQ(count(svg, "<path class=\"wire"), 44u);
  EXPECT_EQ(count(svg, "<path class=\"wire back\""), 1u);
}

TEST(Picture, SvgKeepsNamesOutOfTheMarkup) {
  const std::string svg =
      to_svg(graph_of("</title><script>", {node_of("<img src=x onerror='a'>")}));
  EXPECT_THAT(svg, Not(HasSubstr("<script>")));
  EXPECT_THAT(svg, Not(HasSubstr("<img")));
  EXPECT_THAT(svg, HasSubstr("&lt;img"));
}

TEST(Picture, SvgShortensLongNames) {
  const std::string svg = to_svg(graph_of("g", {node_of(std::string(19, 'x') + "\u00e9\u00e9")}));
  EXPECT_THAT(svg, HasSubstr(">" + std::string(19, 'x') + "…</text>"));
}

}  // namespace
}  // namespace forebay
