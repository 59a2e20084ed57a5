// A timeline as JSON between processes, and in the format of Chrome's viewer.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <map>
#include <set>
#include <sstream>

#include <forebay/graph/inspect/chrome_trace.hpp>
#include <forebay/graph/inspect/report.hpp>
#include <support/error_of.hpp>

namespace forebay {
namespace {

using Json = nlohmann::json;
using test::error_of;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::int64_t kBegin = 5'000'000'000'123;

// Two bodies of `decode` overlap, a third begins when the first has ended.
TraceReport some_piece() {
  TraceReport piece;
  piece.process = {77, "train \"it\"", {}};
  piece.run = {"g", 3, true, 0};
  piece.trace.graph = "g";
  piece.trace.nodes = {{"read", {}}, {"decode", {"read"}}, {"join", {"decode", "read"}}};
  piece.trace.bodies = {{1, 10, kBegin, kBegin + 2'000'500},
                        {1, 11, kBegin + 1'000'000, kBegin + 3'000'000},
                        {1, 12, kBegin + 2'000'500, kBegin + 4'000'000},
                        {2, 0, kBegin + 1000, kBegin + 1000}};
  piece.trace.depths = {{1, 0, 3, kBegin + 100}, {1, 0, 3, kBegin + 200}, {2, 1, 8, kBegin + 300}};
  piece.trace.dropped = 9;
  return piece;
}

Json chrome(const std::vector<TraceReport>& pieces) {
  std::ostringstream text;
  write_chrome_trace(pieces, text);
  return Json::parse(text.str());
}

std::vector<Json> events(const Json& trace, const std::string& phase) {
  std::vector<Json> result;
  for (const Json& event : trace.at("traceEvents")) {
    if (event.at("ph") == phase) result.push_back(event);
  }
  return result;
}

std::map<int, std::string> lane_names(const Json& trace) {
  std::map<int, std::string> names;
  for (const Json& event : events(trace, "M")) {
    if (event.at("name") == "thread_name") names[event.at("tid")] = event.at("args").at("name");
  }
  return names;
}

TEST(TraceJson, GivesBackATimelineAsItWas) {
  const TraceReport piece = some_piece();
  const TraceReport read = trace_from_json(to_json(piece));
  EXPECT_EQ(to_json(read), to_json(piece));
  EXPECT_EQ(read.process.pid, 77);
  EXPECT_EQ(read.run.number, 3u);
  EXPECT_EQ(read.trace.nodes.at(2).inputs, (std::vector<std::string>{"decode", "read"}));
  EXPECT_EQ(read.trace.bodies.at(1).begin, kBegin + 1'000'000);
  EXPECT_EQ(read.trace.bodies.at(1).end, kBegin + 3'000'000);
  EXPECT_EQ(read.trace.depths.at(2).depth, 8u);
  EXPECT_EQ(read.trace.dropped, 9u);
}

TEST(TraceJson, IsJsonAlsoWithNothingInIt) {
  const Json json = Json::parse(to_json(TraceReport{}));
  EXPECT_TRUE(json.at("bodies").empty());
  EXPECT_TRUE(json.at("depths").empty());
}

TEST(TraceJson, RefusesWhatIsNoTimeline) {
  Json json = Json::parse(to_json(some_piece()));
  json["bodies"][0] = 3;  // there are three nodes
  EXPECT_THAT(error_of([&] { trace_from_json(json.dump()); }),
              HasSubstr("this is no timeline of a graph: a node or input that there is not"));
  json["bodies"].erase(0);
  EXPECT_THAT(error_of([&] { trace_from_json(json.dump()); }), HasSubstr("a number too few"));
  EXPECT_THAT(error_of([] { trace_from_json("{}"); }), HasSubstr("no timeline"));
}

TEST(ChromeTrace, HasALanePerWorkerAndASlicePerBody) {
  const Json trace = chrome({some_piece()});
  const auto lanes = lane_names(trace);
  std::multiset<std::string> slices;
  for (const Json& slice : events(trace, "X")) {
    slices.insert(lanes.at(slice.at("tid")) + " " + slice.at("args").at("item").dump() + " at " +
                  slice.at("ts").dump() + " for " + slice.at("dur").dump());
    EXPECT_EQ(slice.at("pid"), 77);
  }
  EXPECT_THAT(slices,
              ElementsAre("decode, worker 1 10 at 0.0 for 2000.5",
                          "decode, worker 1 12 at 2000.5 for 1999.5",
                          "decode, worker 2 11 at 1000.0 for 2000.0", "join 0 at 1.0 for 0.0"));
}

TEST(ChromeTrace, ALanesSlicesDoNotOverlap) {
  TraceReport piece = some_piece();
  piece.trace.bodies.clear();
  for (int i = 0; i < 300; ++i) {
    const std::int64_t begin = kBegin + i * 7919 % 1000 * 1000;
    piece.trace.bodies.push_back({1, Sequence(i), begin, begin + i * 104'729 % 90'000});
  }
  std::map<int, double> free_at;
  std::vector<Json> slices = events(chrome({piece}), "X");
  std::ranges::stable_sort(slices, {}, [](const Json& s) { return s.at("ts").get<double>(); });
  for (const Json& slice : slices) {
    double& free = free_at[slice.at("tid")];
    EXPECT_GE(slice.at("ts").get<double>(), free - 1e-6);
    free = slice.at("ts").get<double>() + slice.at("dur").get<double>();
  }
  EXPECT_GT(free_at.size(), 1u);
}

TEST(ChromeTrace, HasACounterPerQueueWhereItsDepthChanges) {
  std::vector<std::string> counters;
  for (const Json& counter : events(chrome({some_piece()}), "C")) {
    counters.push_back(counter.at("name").get<std::string>() + " " + counter.at("ts").dump() + " " +
                       counter.at("args").at("items").dump());
  }
  EXPECT_THAT(counters, ElementsAre("decode queue 0.1 3", "join queue from read 0.3 8"));
}

TEST(ChromeTrace, NamesTheProcessAndOrdersTheLanes) {
  const Json trace = chrome({some_piece()});
  int last = -1;
  bool named = false;
  for (const Json& event : events(trace, "M")) {
    if (event.at("name") == "process_name") {
      named = true;
      EXPECT_EQ(event.at("args").at("name"), "train \"it\"");
    } else if (event.at("name") == "thread_sort_index") {
      EXPECT_GT(event.at("args").at("sort_index").get<int>(), last);
      last = event.at("args").at("sort_index").get<int>();
    }
  }
  EXPECT_TRUE(named);
}

TEST(ChromeTrace, KeepsANodesLanesFromGraphToGraph) {
  TraceReport later = some_piece();
  later.trace.graph = "validation", later.run.number = 4;
  for (TracedBody& body : later.trace.bodies) body.begin += 9'000'000, body.end += 9'000'000;
  const Json trace = chrome({some_piece(), later});
  EXPECT_EQ(lane_names(trace).size(), 3u);
  std::set<std::string> graphs;
  for (const Json& slice : events(trace, "X")) graphs.insert(slice.at("cat"));
  EXPECT_THAT(graphs, ElementsAre("g", "validation"));
}

TEST(ChromeTrace, WithoutAnythingIsEmpty) { EXPECT_TRUE(chrome({}).at("traceEvents").empty()); }

}  // namespace
}  // namespace forebay
