#include <forebay/graph/inspect/report.hpp>

#include <gtest/gtest.h>

#include <string>

#include <support/error_of.hpp>

namespace forebay {
namespace {

using test::error_of;

QueueSnapshot some_queue() {
  QueueSnapshot queue;
  queue.from = "read \"all\"", queue.first = 2;
  queue.depth = 3, queue.capacity = 16, queue.high_water = 9;
  queue.bytes = 300, queue.capacity_bytes = std::size_t{1} << 40, queue.high_water_bytes = 900;
  queue.depth_time = 123'456'789'012;
  queue.level_time = {1, 2, 3, 4, 5, 6, 7, 8, 9};
  return queue;
}

NodeSnapshot some_node() {
  NodeSnapshot node;
  node.name = "decode", node.kind = "transform", node.helps = "other";
  node.inputs = {some_queue(), some_queue()};
  node.outputs = {"augment", "count"};
  node.per_item = 5, node.order = Order::kInOrder, node.serial = true, node.fixed = true;
  node.concurrency = 4, node.active = 2, node.own_threads = true, node.ended = true;
  node.items_in = 100, node.items_out = 98, node.errors = 3, node.skipped = 2;
  node.metered = 10, node.busy = 11, node.ready = 12, node.starved = 13, node.blocked = 14;
  node.limited = 15, node.cpu = 16;
  for (const int ns : {5, 500, 50'000, 50'001}) node.service.record(ns);
  return node;
}

Report some_report() {
  Report report;
  report.process = {4242, "train", {"./train", "--data", "a b"}};
  report.run = {"training", 7, true, 1.7e9};
  report.graph.name = "training", report.graph.time = 99, report.graph.elapsed = 88;
  report.graph.nodes = {some_node(), NodeSnapshot{}};
  report.roles = {{"forward-backward[0]"}, {"all-reduce"}, "images"};
  report.devices = {{"cuda:0", 0.875, 1 << 20, std::uint64_t{80} << 30, 1234.5}};
  report.progress = {{"epoch 3 of 90", 4096, 1'281'167, "images", {{"loss", 2.5}}}};
  report.host = {1, 2, 1.5, 3, 4, 5, 6, 7, 8, 9, 10, 11};
  return report;
}

// Every field is in the JSON, so two that are written alike are alike.
TEST(Json, GivesBackAReportAsItWas) {
  const std::string json = to_json(some_report());
  EXPECT_EQ(to_json(report_from_json(json)), json);
}

TEST(Json, GivesBackEveryFieldOfANode) {
  GraphSnapshot graph;
  graph.name = "g", graph.time = 1, graph.elapsed = 2, graph.threads = 3,
  graph.nodes = {some_node()};
  const GraphSnapshot back = snapshot_from_json(to_json(graph));
  EXPECT_EQ(back.name, "g");
  EXPECT_EQ(back.time, 1);
  EXPECT_EQ(back.elapsed, 2);
  EXPECT_EQ(back.threads, 3u);
  const NodeSnapshot& node = back.node("decode");
  const NodeSnapshot was = some_node();
  EXPECT_EQ(node.kind, was.kind);
  EXPECT_EQ(node.helps, was.helps);
  EXPECT_EQ(node.outputs, was.outputs);
  EXPECT_EQ(node.concurrency, was.concurrency);
  EXPECT_EQ(node.per_item, was.per_item);
  EXPECT_EQ(node.order, was.order);
  EXPECT_EQ(node.serial, was.serial);
  EXPECT_EQ(node.fixed, was.fixed);
  EXPECT_EQ(node.active, was.active);
  EXPECT_EQ(node.own_threads, was.own_threads);
  EXPECT_EQ(node.ended, was.ended);
  EXPECT_EQ(node.items_in, was.items_in);
  EXPECT_EQ(node.items_out, was.items_out);
  EXPECT_EQ(node.errors, was.errors);
  EXPECT_EQ(node.skipped, was.skipped);
  EXPECT_EQ(node.metered, was.metered);
  EXPECT_EQ(node.busy, was.busy);
  EXPECT_EQ(node.ready, was.ready);
  EXPECT_EQ(node.starved, was.starved);
  EXPECT_EQ(node.blocked, was.blocked);
  EXPECT_EQ(node.limited, was.limited);
  EXPECT_EQ(node.cpu, was.cpu);
  EXPECT_EQ(node.service.counts(), was.service.counts());
  ASSERT_EQ(node.inputs.size(), 2u);
  const QueueSnapshot& queue = node.inputs[1];
  const QueueSnapshot queue_was = some_queue();
  EXPECT_EQ(queue.from, queue_was.from);
  EXPECT_EQ(queue.depth, queue_was.depth);
  EXPECT_EQ(queue.capacity, queue_was.capacity);
  EXPECT_EQ(queue.first, queue_was.first);
  EXPECT_EQ(queue.high_water, queue_was.high_water);
  EXPECT_EQ(queue.bytes, queue_was.bytes);
  EXPECT_EQ(queue.capacity_bytes, queue_was.capacity_bytes);
  EXPECT_EQ(queue.high_water_bytes, queue_was.high_water_bytes);
  EXPECT_EQ(queue.depth_time, queue_was.depth_time);
  EXPECT_EQ(queue.level_time, queue_was.level_time);
}

TEST(Json, GivesBackEveryFact) {
  const Report back = report_from_json(to_json(some_report()));
  EXPECT_EQ(back.roles.devices, some_report().roles.devices);
  EXPECT_EQ(back.roles.all_reduce, some_report().roles.all_reduce);
  EXPECT_EQ(back.roles.samples, "images");
  EXPECT_EQ(back.progress.at(0).figures.at("loss"), 2.5);
  EXPECT_EQ(back.devices.at(0).samples_per_second, 1234.5);
}

TEST(Json, IgnoresWhatItDoesNotKnowAndKeepsDefaultsForWhatIsMissing) {
  const GraphSnapshot graph =
      snapshot_from_json(R"({"name": "g", "colour": 3, "nodes": [{"name": "a", "new": []}]})");
  EXPECT_EQ(graph.node("a").concurrency, 0u);
  EXPECT_EQ(graph.node("a").service.count(), 0u);
}

TEST(Json, WritesNamesThatAreNoUtf8) {
  ProcessRuns runs;
  runs.runs = {{"caf\xe9", 1, true, 0}};
  EXPECT_EQ(runs_from_json(to_json(runs)).runs.at(0).name, "caf\xef\xbf\xbd");
}

TEST(Json, RefusesWhatIsNoSnapshot) {
  for (const char* text : {"", "{", "[]", R"({"nodes": 3})", R"({"nodes": [{"name": 1}]})",
                           R"({"nodes": [{"service": {"buckets": [[100000, 1]]}}]})",
                           R"({"nodes": [{"service": {"buckets": [1]}}]})"}) {
    EXPECT_TRUE(error_of([&] {
                  snapshot_from_json(text);
                }).starts_with("this is not what a graph's inspection says: "))
        << text;
  }
}

}  // namespace
}  // namespace forebay
