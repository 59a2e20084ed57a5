// The page: its parts, that it is whole, and that nothing gets out of it.

#include <forebay/graph/report/html_report.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/property_tree/ptree.hpp>
#include <boost/property_tree/xml_parser.hpp>

#include <sstream>
#include <string>

#include "recordings.hpp"

namespace forebay {
namespace {

using boost::property_tree::ptree;
using test::small_recording;
using testing::Contains;
using testing::HasSubstr;
using testing::IsSupersetOf;
using testing::Not;

// The page is written so that it is XML too. Throws where it is not.
ptree parse(const std::string& page) {
  std::istringstream text(page);
  ptree tree;
  read_xml(text, tree);
  return tree;
}

void collect(const ptree& tree, const std::string& name, std::vector<std::string>& texts) {
  for (const auto& [key, child] : tree) {
    if (key == name) texts.push_back(child.data());
    collect(child, name, texts);
  }
}

std::vector<std::string> all(const std::string& page, const std::string& name) {
  std::vector<std::string> texts;
  collect(parse(page), name, texts);
  return texts;
}

TEST(HtmlReport, HasAllItsParts) {
  const std::string page = html_report(small_recording());
  EXPECT_THAT(all(page, "h1"), Contains("train"));
  EXPECT_THAT(all(page, "h2"),
              IsSupersetOf({"Last verdict", "What limited the run, over time",
                            "Settings that were changed", "Over time", "Nodes over time"}));
  EXPECT_THAT(all(page, "figcaption"), IsSupersetOf({"Throughput, images/s", "loss", "Devices busy",
                                                     "Processors of the host", "Disks, MB/s"}));
  EXPECT_THAT(all(page, "p"), IsSupersetOf({"the cores limit the run."}));
  EXPECT_THAT(all(page, "td"), IsSupersetOf({"55 % of the time", "36 % of the time"}));
  EXPECT_THAT(page,
              HasSubstr("trainer on host7, 2 of 8 processors, begun 1970-01-01 00:16:40 UTC"));
  EXPECT_THAT(page, HasSubstr("<b>1</b> 0:40 decode.concurrency 1 → 2"));
  EXPECT_THAT(page, HasSubstr("<dt>train, images/s</dt><dd>50</dd>"));
}

TEST(HtmlReport, TellsTheNodesOfEachGraph) {
  const std::string page = html_report(small_recording());
  EXPECT_THAT(page, HasSubstr("<tr><th>decode</th><td>transform</td><td class=\"number\">2</td>"
                              "<td class=\"number\">12/16</td><td class=\"number\">90 %</td>"));
  EXPECT_THAT(page, HasSubstr("validation <small>1 run ended, 0:10"));
}

TEST(HtmlReport, OfAlmostNothingIsAPageToo) {
  Recording recording;
  recording.starts = {{1000, "host7", 8, 2, "trainer", {}}};
  EXPECT_THAT(all(html_report(recording), "h1"), Contains("trainer"));
  recording = small_recording();
  recording.steps.clear();
  recording.verdicts.clear();
  recording.changes.clear();
  const std::string page = html_report(recording);
  EXPECT_NO_THROW(parse(page));
  EXPECT_THAT(page, HasSubstr("The run was too short for one."));
  EXPECT_THAT(page, Not(HasSubstr("nan")));
}

TEST(HtmlReport, AsksForNothingAndRunsNothing) {
  const std::string page = html_report(small_recording());
  for (const char* word : {"<script", "http:", "https:", "src=", "href=", "url(", "@import"}) {
    EXPECT_THAT(page, Not(HasSubstr(word)));
  }
  EXPECT_THAT(page, HasSubstr("default-src 'none'; style-src 'unsafe-inline'"));
}

TEST(HtmlReport, LetsNoNameBecomeMarkup) {
  const std::string evil = "\"'><script>alert(1)</script>&\xFF";
  Recording recording = small_recording();
  recording.starts[0] = {1000, evil, 8, 2, evil, {evil, evil}};
  for (RecordedGraph& graph : recording.graphs) {
    graph.name = graph.samples = evil;
    for (RecordedNode& node : graph.nodes) node.name = node.kind = evil;
  }
  recording.devices = {{evil, 0}};
  for (auto& set : recording.progress) {
    for (RecordedProgress& progress : set) {
      progress = {evil, evil, 1, {evil}, progress.means};
    }
  }
  recording.changes[0].change.node = recording.changes[0].change.setting = evil;
  for (RecordedVerdict& verdict : recording.verdicts) {
    verdict.text = verdict.bound.node = evil;
    verdict.bound.limit = Limit::kConcurrency;
  }
  const std::string page = html_report(recording);
  EXPECT_NO_THROW(parse(page));
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page,
              HasSubstr("&quot;&#39;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;\xEF\xBF\xBD"));
}

TEST(HtmlReport, StaysSmallHoweverLongTheRun) {
  Recording recording = small_recording();
  const std::vector<RecordedStep> steps = recording.steps;
  for (int day = 1; day < 500; ++day) {
    for (RecordedStep step : steps) {
      step.time += 120.0 * day;
      step.nodes[1].fill = static_cast<std::uint8_t>((day * 37) % 101);
      recording.steps.push_back(step);
    }
  }
  EXPECT_LT(html_report(recording).size(), 300'000u);
}

}  // namespace
}  // namespace forebay
