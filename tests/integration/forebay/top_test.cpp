// The screen of forebay top as text: what two reports of a run are shown as, and what keys do.

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <common/cache_facts.hpp>
#include <common/training_plan.hpp>
#include <forebay/graph/simulate/simulate.hpp>
#include <forebay/top/history.hpp>
#include <forebay/top/json.hpp>
#include <forebay/top/keys.hpp>
#include <forebay/top/layout.hpp>

#include "../../unit/diagnose/models.hpp"

namespace forebay {
namespace {

using test::chain;

// A run of three nodes that decode limits, at about 400 images/s.
Scene decoding() {
  const Model model = chain({{"read", 0.1}, {"decode", 10, 4}, {"save", 0.1}});
  Scene scene;
  scene.later.process = {12, "train", {"train"}};
  scene.later.run = {"chain", 3, true, 0};
  scene.later.graph = simulate(model).snapshot;
  scene.later.graph.threads = model.threads;
  scene.later.roles.samples = "images";
  scene.later.host.cpus_usable = model.cores;
  scene.later.devices = {{"cpu:0", 0.5, 1 << 30, 0, 123}};
  scene.later.progress = {{"epoch 1 of 2", 50, 100, "images"}};
  scene.earlier = at_begin(scene.later);
  scene.verdict = diagnose(scene.earlier, scene.later);
  return scene;
}

std::string text_of(const std::vector<Line>& lines) {
  std::string text;
  for (const Line& line : lines) text += plain(line) + "\n";
  return text;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(TopScreen, ShowsGraphNodesDevicesHostProgressAndVerdict) {
  const std::string text = text_of(layout(decoding(), {}));
  EXPECT_TRUE(has(text, "train 12  graph chain")) << text;
  EXPECT_TRUE(has(text, "epoch 1 of 2")) << text;
  EXPECT_TRUE(has(text, "►decode")) << text;
  EXPECT_TRUE(has(text, "\n!decode")) << text;
  EXPECT_TRUE(has(text, "cpu:0")) << text;
  EXPECT_TRUE(has(text, "host: cpu")) << text;
  EXPECT_TRUE(has(text, "decode.concurrency")) << text;
}

TEST(TopScreen, ShowsWhatAGpusDriverTells) {
  DeviceFacts device{"cuda:0", 0.98, 42'000'000'000, 141'000'000'000, 2600};
  device.gpu = {.busy = 0.97,
                .memory_used = 64.0 * (1 << 30),
                .power = 512.3,
                .power_limit = 700,
                .clock = 1.755e9};
  const std::string text = text_of(device_lines({device}, "images", 200));
  EXPECT_TRUE(has(text, "images/s  GPU 97 %  64G  512/700 W  1755 MHz\n")) << text;
  device.gpu = {};
  EXPECT_TRUE(text_of(device_lines({device}, "images", 200)).ends_with("images/s\n"));
}

TEST(TopScreen, FitsWhateverSizeTheTerminalHas) {
  for (const std::size_t width : {1, 20, 40, 80, 200}) {
    for (const std::size_t height : {1, 2, 5, 10, 24, 60}) {
      for (const bool help : {false, true}) {
        const View view{.width = width, .height = height, .keys = true, .help = help};
        const std::vector<Line> lines = layout(decoding(), view);
        EXPECT_LE(lines.size(), height);
        for (const Line& line : lines) EXPECT_LE(columns(line), width) << plain(line);
      }
    }
  }
}

TEST(TopScreen, KeepsTheSelectedNodeInSight) {
  Scene scene = decoding();
  const std::string text = text_of(layout(scene, {.height = 4, .selected = "save", .keys = true}));
  EXPECT_TRUE(has(text, " save ")) << text;
}

TEST(TopScreen, SaysTimeAndCostOfTheTrainingWhereThatIsPublished) {
  Scene scene = decoding();
  scene.earlier.progress = {{"training", 0, 90'000, "images", plan_figures(90, 3.5)}};
  scene.later.progress = {{"training", 900, 90'000, "images", plan_figures(90, 3.5)}};
  const std::string text = text_of(layout(scene, {.width = 200, .height = 0}));
  EXPECT_TRUE(has(text, " per epoch, ")) << text;
  EXPECT_TRUE(has(text, " for 90 epochs")) << text;
  EXPECT_TRUE(has(text, " at $3.50 an hour")) << text;
}

TEST(TopScreen, SaysHowFullACacheIsAndWhatItHadWhereThereIsOne) {
  EXPECT_FALSE(has(text_of(layout(decoding(), {})), "cache"));
  Scene scene = decoding();
  scene.earlier.progress.push_back(
      {"cache", 100, 280, "MiB", cache_figures({.hits = 500, .misses = 1000})});
  scene.later.progress.push_back(
      {"cache", 140, 280, "MiB", cache_figures({.hits = 800, .misses = 1100})});
  const std::vector<Line> lines = layout(scene, {.keys = true});
  const std::string text = text_of(lines);
  EXPECT_TRUE(has(text, "\ncache  █████·····  50 %  140/280 MiB  hits 75 %\n")) << text;
  for (const char* part : {"epoch 1 of 2", "!decode", "cpu:0", "host: cpu", "decode.concurrency"}) {
    EXPECT_TRUE(has(text, part)) << part << " is not in\n" << text;
  }
  EXPECT_LE(lines.size(), 24u);
  for (const Line& line : lines) EXPECT_LE(columns(line), 80u) << plain(line);

  scene.earlier.progress = scene.later.progress;
  EXPECT_FALSE(has(text_of(layout(scene, {})), "hits"));  // nothing was asked
}

TEST(TopMeasures, CountSamplesAtEveryNodeAndShareWorkersTime) {
  const Scene scene = decoding();
  const Measures measures = measure(scene.earlier, scene.later);
  ASSERT_EQ(measures.nodes.size(), 3u);
  for (const NodeMeasures& node : measures.nodes) {
    EXPECT_NEAR(node.samples_per_second, 400, 20) << node.name;
    EXPECT_NEAR(node.busy + node.ready + node.starved + node.blocked, 1, 0.01) << node.name;
  }
  EXPECT_GT(measures.nodes[1].busy, 0.95);
  EXPECT_GT(measures.nodes[0].blocked, 0.9);
  EXPECT_GT(measures.nodes[2].starved, 0.9);
  EXPECT_NEAR(measures.nodes[1].p50, 0.010, 0.002);
}

TEST(TopMeasures, CountForNodesThatShareAQueueWhatEachHasDone) {
  Model model = chain({{"read"}, {"decode", 20, 2}, {"save", 0.1}});
  test::add_helper(model, "decode", {"decode[gpu 0]", 10, 3});
  Scene scene = decoding();
  scene.later.graph = simulate(model).snapshot;
  const Measures measures = measure(at_begin(scene.later), scene.later);
  EXPECT_EQ(measures.nodes[1].name, "decode");
  EXPECT_NEAR(measures.nodes[1].samples_per_second, 100, 2);
  EXPECT_EQ(measures.nodes[2].name, "decode[gpu 0]");
  EXPECT_NEAR(measures.nodes[2].samples_per_second, 300, 6);
  EXPECT_EQ(measures.nodes[2].from, std::vector<std::string>{"read"});
  EXPECT_EQ(measures.nodes[3].name, "save");
  EXPECT_NEAR(measures.samples_per_second, 400, 8);
}

TEST(TopScreen, SortsNodesByAFigure) {
  const Scene scene = decoding();
  const auto nodes = measure(scene.earlier, scene.later).nodes;
  EXPECT_EQ(sorted(nodes, "busy").front().name, "decode");
  EXPECT_EQ(sorted(nodes, "starved").front().name, "save");
  EXPECT_EQ(sorted(nodes, "graph").front().name, "read");
}

TEST(TopKeys, SelectANodeAndChangeItsWorkers) {
  const Scene scene = decoding();
  const auto nodes = measure(scene.earlier, scene.later).nodes;
  View view;
  EXPECT_EQ(press({Key::Kind::kCharacter, '+'}, view, nodes).more, 0);
  EXPECT_EQ(view.message, "select a node first, with the arrow keys");
  press({Key::Kind::kDown}, view, nodes);
  press({Key::Kind::kDown}, view, nodes);
  EXPECT_EQ(view.selected, "decode");
  const Asked asked = press({Key::Kind::kCharacter, '+'}, view, nodes);
  EXPECT_EQ(asked.node, "decode");
  EXPECT_EQ(asked.more, 1);
  EXPECT_EQ(press({Key::Kind::kCharacter, '-'}, view, nodes).more, -1);
}

TEST(TopKeys, PauseSortHelpAndQuit) {
  View view;
  press({Key::Kind::kCharacter, ' '}, view, {});
  press({Key::Kind::kCharacter, 's'}, view, {});
  press({Key::Kind::kCharacter, 'h'}, view, {});
  EXPECT_TRUE(view.paused);
  EXPECT_TRUE(view.help);
  EXPECT_EQ(view.sort, sort_keys()[1]);
  EXPECT_TRUE(press({Key::Kind::kCharacter, 'q'}, view, {}).quit);
  EXPECT_TRUE(press({Key::Kind::kGone}, view, {}).quit);
}

TEST(TopJson, HasWhatTheScreenShows) {
  const auto json = nlohmann::json::parse(to_json(decoding()));
  EXPECT_EQ(json["pid"], 12);
  EXPECT_EQ(json["nodes"][1]["name"], "decode");
  EXPECT_EQ(json["nodes"][1]["concurrency"], 4);
  EXPECT_EQ(json["verdict"]["node"], "decode");
  EXPECT_GT(json["verdict"]["changes"]["decode.concurrency"], 4);
  EXPECT_EQ(json["devices"][0]["samples_per_second"], 123);
}

TEST(TopHistory, ShowsTheLastSecondsAlsoOfARunThatWasFoundLate) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  Report report = decoding().later;
  History history;
  report.graph.time = report.graph.elapsed = 20 * kSecond;
  history.add(report);
  EXPECT_EQ(history.earlier().graph.elapsed, 0);
  for (const std::int64_t second : {21, 22, 23, 24, 25}) {
    report.graph.time = report.graph.elapsed = second * kSecond;
    history.add(report);
    EXPECT_EQ(history.earlier().graph.elapsed, std::max<std::int64_t>(20, second - 3) * kSecond);
  }
}

TEST(TopScreen, LeavesOutTheErrorsOnlyWhereThereAreNone) {
  Scene scene = decoding();
  EXPECT_FALSE(has(text_of(layout(scene, {.width = 60})), " err"));
  scene.later.graph.nodes[1].errors = 17;
  EXPECT_TRUE(has(text_of(layout(scene, {.width = 60})), " err"));
  EXPECT_TRUE(has(text_of(layout(scene, {.width = 60})), " 17"));
}

TEST(TopHistory, LeavesTheLastMomentsOfARunThatHasEnded) {
  History history;
  Report report = decoding().later;
  history.add(report);
  EXPECT_TRUE(history.running());
  report.run.running = false;
  report.graph.nodes.clear();
  history.add(report);
  EXPECT_FALSE(history.running());
  EXPECT_EQ(history.later().graph.nodes.size(), 3u);
}

TEST(TopText, DrawsBarsWithTheirHighWaterAndKeepsToAscii) {
  EXPECT_EQ(bar(0.5, 1, 4), "██·│");
  EXPECT_EQ(as_ascii(bar(0.5, 1, 4)), "##.|");
  EXPECT_EQ(right("abcdef", 4), "abc…");
  EXPECT_EQ(left_keeping_end("forward-backward[3]", 10), "forwar…[3]");
  EXPECT_EQ(printable("a\x1b[2J"), "a?[2J");
}

}  // namespace
}  // namespace forebay
