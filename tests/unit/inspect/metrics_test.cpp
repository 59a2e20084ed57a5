#include <forebay/graph/inspect/metrics.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "snapshots.hpp"

namespace forebay::detail {
namespace {

using testing::HasSubstr;
using testing::Not;

Inspected inspected(const GraphSnapshot& snapshot) {
  return {snapshot.name, [=] { return snapshot; }, [](std::string_view, std::string_view) {}};
}

GraphSnapshot some_run(const std::string& name = "g") {
  GraphSnapshot graph = test::small_graph(name);
  graph.elapsed = 2'000'000'000;
  NodeSnapshot& decode = graph.nodes[1];
  decode.items_in = 10;
  decode.busy = 1'500'000'000;
  decode.inputs[0].depth_time = 4'000'000'000;
  for (const int nanoseconds : {1000, 5'000'000, 5'000'000}) decode.service.record(nanoseconds);
  return graph;
}

TEST(Metrics, TellOfNodesAndQueues) {
  Registry registry;
  registry.enter(inspected(some_run()));
  const std::string text = metrics(registry);
  for (const char* line :
       {"# TYPE forebay_node_items_in_total counter\n", "# TYPE forebay_queue_depth gauge\n",
        "\nforebay_node_items_in_total{graph=\"g\",node=\"decode\"} 10\n",
        "\nforebay_node_worker_seconds_total{graph=\"g\",node=\"decode\",state=\"busy\"} 1.5\n",
        "\nforebay_node_active{graph=\"g\",node=\"decode\"} 3\n",
        "\nforebay_queue_depth{graph=\"g\",node=\"decode\",input=\"0\",from=\"read\"} 12\n",
        "\nforebay_queue_capacity{graph=\"g\",node=\"decode\",input=\"0\",from=\"read\"} 16\n",
        "\nforebay_queue_item_seconds_total{graph=\"g\",node=\"decode\",input=\"0\",from=\"read\"} "
        "4\n",
        "\nforebay_graph_running{graph=\"g\"} 1\n",
        "\nforebay_graph_run_seconds_total{graph=\"g\"} 2\n"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

TEST(Metrics, CountServiceTimesInBuckets) {
  Registry registry;
  registry.enter(inspected(some_run()));
  const std::string text = metrics(registry);
  const std::string of_decode = "{graph=\"g\",node=\"decode\"";
  EXPECT_THAT(text, HasSubstr("# TYPE forebay_node_service_seconds histogram\n"));
  EXPECT_THAT(text, HasSubstr("_bucket" + of_decode + ",le=\"1.024e-06\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("_bucket" + of_decode + ",le=\"0.004194304\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("_bucket" + of_decode + ",le=\"0.008388608\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("_bucket" + of_decode + ",le=\"+Inf\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("forebay_node_service_seconds_count" + of_decode + "} 3\n"));
}

TEST(Metrics, CountersGoOnRisingFromRunToRun) {
  Registry registry;
  const std::string in_total = "forebay_node_items_in_total{graph=\"g\",node=\"decode\"} ";
  registry.leave(registry.enter(inspected(some_run())));
  std::string text = metrics(registry);
  EXPECT_THAT(text, HasSubstr(in_total + "10\n"));
  EXPECT_THAT(text, HasSubstr("forebay_graph_running{graph=\"g\"} 0\n"));
  EXPECT_THAT(text, Not(HasSubstr("forebay_queue_depth{")));
  const auto second = registry.enter(inspected(some_run()));
  EXPECT_THAT(metrics(registry), HasSubstr(in_total + "20\n"));
  registry.leave(second);
  text = metrics(registry);
  EXPECT_THAT(text, HasSubstr(in_total + "20\n"));
  EXPECT_THAT(text, HasSubstr("forebay_graph_runs_total{graph=\"g\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("forebay_graph_run_seconds_total{graph=\"g\"} 4\n"));
}

TEST(Metrics, AddUpGraphsOfOneNameThatRunAtOnce) {
  Registry registry;
  registry.enter(inspected(some_run()));
  registry.enter(inspected(some_run()));
  const std::string text = metrics(registry);
  EXPECT_THAT(text, HasSubstr("forebay_node_items_in_total{graph=\"g\",node=\"decode\"} 20\n"));
  EXPECT_THAT(text, HasSubstr("forebay_graph_running{graph=\"g\"} 2\n"));
}

TEST(Metrics, OfMoreNamesThanAreKeptTheOldestAreForgotten) {
  Registry registry;
  for (std::size_t i = 0; i <= Registry::kMostNames; ++i) {
    registry.leave(registry.enter(inspected(some_run(std::to_string(i)))));
  }
  const auto totals = registry.totals();
  EXPECT_EQ(totals.size(), Registry::kMostNames);
  for (const GraphTotals& total : totals) EXPECT_NE(total.name, "0");
}

TEST(Metrics, TellOfDevicesAndProgress) {
  Registry registry;
  const auto devices = registry.publish_devices([] {
    return std::vector{DeviceFacts{"cuda:0", 0.5, 1, 2, 400}};
  });
  const auto progress = registry.publish_progress([] {
    return ProgressFacts{"epoch 3 of 90", 5, 7, "images"};
  });
  const std::string text = metrics(registry);
  EXPECT_THAT(text, HasSubstr("\nforebay_device_busy_ratio{device=\"cuda:0\"} 0.5\n"));
  EXPECT_THAT(text, HasSubstr("\nforebay_device_memory_bytes{device=\"cuda:0\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("\nforebay_progress_done{progress=\"0\",unit=\"images\"} 5\n"));
  EXPECT_THAT(text, HasSubstr("\nprocess_resident_memory_bytes "));
}

// What the format asks for: a family's lines stand together, each series is there once, names and
// escapes are right, every line ends.
TEST(Metrics, AreInTheFormatWhateverTheNames) {
  Registry registry;
  GraphSnapshot odd = some_run("g\"\\\n\xFF");
  odd.nodes[1].inputs.push_back(odd.nodes[1].inputs[0]);  // twice from one node
  registry.enter(inspected(odd));
  const std::string text = metrics(registry);
  ASSERT_TRUE(text.ends_with('\n'));
  EXPECT_THAT(text, HasSubstr("{graph=\"g\\\"\\\\\\n\xEF\xBF\xBD\",node=\"read\"}"));

  const std::regex sample(
      R"re(([a-zA-Z_:][\w:]*)(\{[a-z]+="(\\["\\n]|[^"\\])*"(,[a-z]+="(\\["\\n]|[^"\\])*")*\})? (-?[0-9.e+-]+))re");
  std::set<std::string> families, series;
  std::string family, type;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# HELP ")) {
      family = line.substr(7, line.find(' ', 7) - 7);
      EXPECT_TRUE(families.insert(family).second) << family;
    } else if (line.starts_with("# TYPE ")) {
      type = line.substr(line.rfind(' ') + 1);
      EXPECT_EQ(line, "# TYPE " + family + " " + type);
      EXPECT_EQ(type == "counter", family.ends_with("_total")) << family;
    } else {
      std::smatch match;
      ASSERT_TRUE(std::regex_match(line, match, sample)) << line;
      const std::string suffix = match.str(1).substr(std::min(family.size(), match.str(1).size()));
      EXPECT_TRUE(match.str(1).starts_with(family)) << line;
      EXPECT_TRUE(
          suffix.empty() ||
          (type == "histogram" && (suffix == "_bucket" || suffix == "_sum" || suffix == "_count")));
      EXPECT_TRUE(series.insert(line.substr(0, line.rfind(' '))).second) << line;
    }
  }
  EXPECT_GT(families.size(), 25u);
}

}  // namespace
}  // namespace forebay::detail
