// Verdicts on graphs whose limit was planted, from simulated snapshots: no clock, no threads.

#include <gtest/gtest.h>

#include <forebay/graph/diagnose/diagnose.hpp>
#include <forebay/graph/simulate/simulate.hpp>

#include "models.hpp"

namespace forebay {
namespace {

using test::add;
using test::chain;
using test::kMs;

Verdict verdict(const Model& model, Machine machine = {}) {
  machine.cores = model.cores;
  machine.threads = model.threads;
  return diagnose(simulate(model, {.seed = 7}).snapshot, machine);
}

Histogram heavy_tail() {
  Histogram histogram;
  for (int i = 0; i < 950; ++i) histogram.record(2'000'000);
  for (int i = 0; i < 50; ++i) histogram.record(60'000'000);
  return histogram;
}

/// read -> decode -> batch -> step, and from there a cycle of devices, all-reduce and update.
Model training(double decode_ms, const std::vector<double>& device_ms, double reduce_ms,
               double update_ms) {
  Model model = chain({{"read", 0.2},
                       {"decode", decode_ms, 4, 32, 1},
                       {"batch", 0.01, 1, 16, 1, Passing::kCollect, 1.0 / 8}});
  add(model, {"batch"}, {"step", 0, 1, 2, 1, Passing::kJoin});
  add(model, {"step"}, {"scatter", 0, 1, 1, 1});
  std::vector<std::string> devices;
  for (std::size_t i = 0; i < device_ms.size(); ++i) {
    devices.push_back("device[" + std::to_string(i) + "]");
    add(model, {"scatter"}, {devices.back(), device_ms[i], 1, 1});
    model.nodes.back().fixed = true;
  }
  add(model, devices, {"gather", 0, 1, 2, 1, Passing::kJoin});
  add(model, {"gather"}, {"all-reduce", reduce_ms, 1, 2});
  add(model, {"all-reduce"}, {"update", update_ms, 1, 2});
  for (const char* fixed : {"gather", "all-reduce", "update"}) model.node(fixed).fixed = true;
  add(model, {"update"}, {"new", 0, 1, 1, 1});
  add(model, {"new"}, {"log", 0, 1, 2, 1});
  model.node("step").inputs.push_back({.from = model.index("new"), .capacity = 2, .first = 1});
  return model;
}

Machine training_machine() {
  return {.devices = {"device[0]", "device[1]"}, .all_reduce = {"all-reduce"}};
}

TEST(Diagnose, NamesTheNodeWithTooFewWorkersAndHowManyItNeeds) {
  const Verdict found = verdict(
      chain({{"read", 0.6}, {"decode", 5, 4, 32, 0}, {"shrink", 0.5, 2}, {"save", 0.1, 1, 64}}));
  EXPECT_EQ(found.bound, (Bound{Limit::kConcurrency, "decode"}));
  EXPECT_NEAR(found.samples_per_second, 800, 2);
  ASSERT_EQ(found.changes.size(), 1u);
  EXPECT_EQ(found.changes[0], (SettingChange{"decode", "concurrency", 4, 9}));
  EXPECT_NEAR(found.predicted, 1667, 20);
  EXPECT_EQ(found.next, (Bound{Limit::kReading, "read"}));
  EXPECT_EQ(
      describe(found),
      "decode limits the run: all 4 workers busy, 32 waiting, the nodes after it idle 80 % of "
      "the time.\n"
      "decode.concurrency 4 → 9 gives about 1,670 items/s; then reading (read) is next.\n");
}

TEST(Diagnose, MakesRoomForTheWorkersItAsksFor) {
  const Verdict found =
      verdict(chain({{"read", 0.25}, {"decode", 20, 4, 32}, {"save", 0.1, 1, 6}}));
  ASSERT_EQ(found.changes.size(), 2u);
  EXPECT_EQ(found.changes[0].node, "decode");
  EXPECT_EQ(found.changes[0].to, 32u) << "eight times as many at most";
  EXPECT_EQ(found.changes[1], (SettingChange{"save", "queue", 6, 64}));
  EXPECT_NEAR(found.predicted, 1600, 20);
}

TEST(Diagnose, NamesTheCores) {
  const Verdict found = verdict(
      chain({{"read", 0.1}, {"decode", 8, 4, 32, 1}, {"augment", 2, 4, 16, 1}, {"end"}}, 2));
  EXPECT_EQ(found.bound, (Bound{Limit::kCores, ""}));
  EXPECT_TRUE(found.changes.empty());
  EXPECT_NEAR(found.samples_per_second, 200, 2);
  EXPECT_EQ(found.evidence.most_cores, "decode");
  EXPECT_EQ(describe(found).substr(0, describe(found).find('\n')),
            "the cores limit the run: 2 of 2 busy, 80 % of that in decode.");
}

TEST(Diagnose, StopsAtTheCoresWhenItAddsWorkersThatCompute) {
  const Verdict found = verdict(chain({{"read", 0.1}, {"decode", 10, 2, 32, 1}, {"end"}}, 6));
  ASSERT_EQ(found.changes.size(), 1u);
  EXPECT_EQ(found.changes[0], (SettingChange{"decode", "concurrency", 2, 6}));
  EXPECT_NEAR(found.predicted, 600, 6);
  EXPECT_EQ(found.next, (Bound{Limit::kCores, ""}));
}

TEST(Diagnose, NamesReading) {
  const Verdict found = verdict(chain({{"read", 2}, {"decode", 5, 4, 32}, {"end", 0.1}}));
  EXPECT_EQ(found.bound, (Bound{Limit::kReading, "read"}));
  EXPECT_TRUE(found.changes.empty());
  EXPECT_NEAR(found.next_samples_per_second, 800, 8);
  EXPECT_EQ(describe(found),
            "reading limits the run: read is busy all the time.\n"
            "No setting helps; with that 4 times as fast it would be about 800 items/s, and then "
            "decode the limit.\n");
}

TEST(Diagnose, NamesANodeThatWorksOnOneItemAtATime) {
  const Verdict found = verdict(chain({{"read", 0.5},
                                       {"decode", 2, 4, 32},
                                       {"batch", 3, 1, 16, 0, Passing::kCollect, 1.0 / 8},
                                       {"end", 0.1}}));
  EXPECT_EQ(found.bound, (Bound{Limit::kSerial, "batch"}));
  EXPECT_TRUE(found.changes.empty());
}

TEST(Diagnose, NamesTheDevices) {
  const Verdict found = verdict(training(1, {40, 40}, 0.1, 0.1), training_machine());
  EXPECT_EQ(found.bound.limit, Limit::kDevice);
  EXPECT_TRUE(found.changes.empty());
  EXPECT_NEAR(found.samples_per_second, 199, 2);
  ASSERT_TRUE(found.larger_batch.has_value());
  EXPECT_LT(*found.larger_batch, 0.02);
  EXPECT_EQ(describe(found, "images"),
            "the devices limit the run: device[0] is 100 % busy.\n"
            "No setting helps; with that 4 times as fast it would be about 784 images/s.\n"
            "A larger batch will not help.\n"
            "More workers than needed: decode.concurrency 4 → 2 would be as fast.\n");
}

TEST(Diagnose, NamesDecodeWhenTheDevicesStarveAndSaysThatALargerBatchWillNotHelp) {
  const Verdict found = verdict(training(20, {16, 16}, 0.1, 0.1), training_machine());
  EXPECT_EQ(found.bound, (Bound{Limit::kConcurrency, "decode"}));
  EXPECT_NEAR(found.samples_per_second, 200, 2);
  ASSERT_TRUE(found.larger_batch.has_value());
  EXPECT_LT(*found.larger_batch, 0.02);
  ASSERT_EQ(found.changes.size(), 1u);
  EXPECT_EQ(found.changes[0], (SettingChange{"decode", "concurrency", 4, 8})) << "cores";
  EXPECT_EQ(found.next.limit, Limit::kCores);
}

TEST(Diagnose, NamesTheLockStepAndWhatALargerBatchGains) {
  const Verdict found = verdict(training(1, {20, 20}, 4, 8), training_machine());
  EXPECT_EQ(found.bound.limit, Limit::kLockStep);
  ASSERT_TRUE(found.larger_batch.has_value());
  EXPECT_NEAR(*found.larger_batch, 64.0 / 52 - 1, 0.01);
}

TEST(Diagnose, NamesAllReduce) {
  const Verdict found = verdict(training(1, {10, 10}, 30, 1), training_machine());
  EXPECT_EQ(found.bound, (Bound{Limit::kAllReduce, "all-reduce"}));
}

TEST(Diagnose, NamesTheLongestPartOfAStepWhereTheNextLimitIsNearForEachOfThem) {
  const Verdict found = verdict(training(18, {10, 10}, 5, 24), training_machine());
  EXPECT_EQ(found.bound, (Bound{Limit::kSerial, "update"}));
  EXPECT_NEAR(found.samples_per_second, 8 / 0.039, 2);
  EXPECT_EQ(found.next, (Bound{Limit::kConcurrency, "decode"}));
  EXPECT_NEAR(found.next_samples_per_second, 4 / 0.018, 2);
}

TEST(Diagnose, NamesAStragglingDevice) {
  const Verdict found = verdict(training(1, {40, 50}, 0.1, 0.1), training_machine());
  EXPECT_EQ(found.bound, (Bound{Limit::kDevice, "device[1]"}));
  ASSERT_TRUE(found.straggler.has_value());
  EXPECT_EQ(found.straggler->node, "device[1]");
  EXPECT_NEAR(found.straggler->slower, 0.25, 0.01);
  EXPECT_NEAR(found.straggler->samples_per_second, 199, 2);
  EXPECT_FALSE(verdict(training(1, {40, 41}, 0.1, 0.1), training_machine()).straggler);
}

TEST(Diagnose, DoesNotCallAReplicaASlowDeviceThatWaitsForCores) {
  GraphSnapshot seen = simulate(training(1, {40, 50}, 0.1, 0.1), {.seed = 7}).snapshot;
  for (NodeSnapshot& node : seen.nodes) {  // both compute for 38 ms
    if (node.name == "device[0]") node.cpu = node.busy * 38 / 40;
    if (node.name == "device[1]") node.cpu = node.busy * 38 / 50;
  }
  EXPECT_FALSE(diagnose(seen, training_machine()).straggler);
  for (NodeSnapshot& node : seen.nodes) {  // 38 and 48 ms
    if (node.name == "device[1]") node.cpu = node.busy * 48 / 50;
  }
  const auto slow = diagnose(seen, training_machine()).straggler;
  ASSERT_TRUE(slow.has_value());
  EXPECT_NEAR(slow->slower, 48.0 / 38 - 1, 0.01);
}

TEST(Diagnose, NamesAQueueThatSlowItemsHold) {
  Model model = chain({{"read", 0.1}, {"decode", 1, 8, 64}, {"end", 0.1, 1, 8}});
  const double mean = (0.95 * 2 + 0.05 * 60) * kMs;
  model.node("decode").service = ServiceTimes::measured(heavy_tail(), mean);
  const Verdict found = verdict(model);
  EXPECT_EQ(found.bound, (Bound{Limit::kQueue, "end"}));
  ASSERT_EQ(found.changes.size(), 1u);
  EXPECT_EQ(found.changes[0].node, "end");
  EXPECT_EQ(found.changes[0].setting, "queue");
  EXPECT_GT(found.predicted, 1.3 * found.samples_per_second);
  EXPECT_NEAR(found.predicted, 8e9 / mean, 0.06 * 8e9 / mean);
  EXPECT_EQ(found.next, (Bound{Limit::kConcurrency, "decode"}));
}

TEST(Diagnose, NamesMemory) {
  Model model = chain({{"read", 0.1}, {"decode", 10, 8, 64}, {"end", 0.1, 1, 512}});
  const double mean = (0.95 * 2 + 0.05 * 60) * kMs;
  model.node("decode").service = ServiceTimes::measured(heavy_tail(), mean);
  model.node("end").in_order = true;
  model.node("end").inputs[0].capacity_bytes = 16'000;
  model.node("end").inputs[0].item_bytes = 1000;
  const Verdict found = verdict(model);
  EXPECT_EQ(found.bound, (Bound{Limit::kMemory, "end"}));
  ASSERT_EQ(found.changes.size(), 1u);
  EXPECT_EQ(found.changes[0].path(), "end.queue_bytes");
  EXPECT_GT(found.predicted, 1.3 * found.samples_per_second);
  EXPECT_EQ(found.next, (Bound{Limit::kConcurrency, "decode"}));
}

TEST(Diagnose, RaisesNodesTogetherThatLimitAsMuchAsEachOther) {
  const Verdict found =
      verdict(chain({{"read", 1}, {"decode", 8, 4, 32}, {"augment", 4, 2, 32}, {"end", 0.1}}));
  EXPECT_EQ(found.bound.limit, Limit::kConcurrency);
  ASSERT_EQ(found.changes.size(), 2u);
  EXPECT_NEAR(found.predicted, 1000, 10);
  EXPECT_EQ(found.next, (Bound{Limit::kReading, "read"}));
}

TEST(Diagnose, FindsNothingToGainInABalancedGraph) {
  const Verdict found =
      verdict(chain({{"read", 2}, {"decode", 8.1, 4, 32}, {"augment", 4, 2, 32}, {"end", 1.9}}));
  EXPECT_TRUE(found.balanced);
  EXPECT_TRUE(found.changes.empty());
  EXPECT_EQ(found.predicted, found.samples_per_second);
}

TEST(Diagnose, SaysWhichWorkersAreNotNeeded) {
  const Verdict found = verdict(chain({{"read", 4}, {"decode", 5, 64, 128}, {"end", 0.1, 1, 128}}));
  ASSERT_EQ(found.spare.size(), 1u);
  EXPECT_EQ(found.spare[0], (SettingChange{"decode", "concurrency", 64, 3}));
}

TEST(Diagnose, SaysSoWhenTooLittleWasSeen) {
  GraphSnapshot seen = simulate(chain({{"read", 1}, {"end"}}), {.samples = 16}).snapshot;
  const Verdict found = diagnose(seen, {});
  EXPECT_EQ(found.bound, Bound{});
  EXPECT_EQ(describe(found), "too little has been seen yet to say what limits the run.\n");
}

TEST(Diagnose, SaysSoWhileTheQueuesFill) {
  GraphSnapshot seen = simulate(chain({{"read", 1}, {"decode", 5, 4, 64}, {"end"}})).snapshot;
  seen.nodes[2].items_in = 2;
  EXPECT_EQ(diagnose(seen, {}).bound, Bound{});
}

TEST(Diagnose, CountsAGraphThatHasEndedUntilItsEnd) {
  const Model model = chain({{"read", 0.6}, {"decode", 5, 4, 32, 1}, {"end"}});
  GraphSnapshot seen = simulate(model).snapshot;
  const Verdict running = diagnose(seen, {.cores = 8});
  seen.elapsed *= 10;
  const Verdict ended = diagnose(seen, {.cores = 8});
  EXPECT_NEAR(ended.samples_per_second, 800, 8);
  EXPECT_NEAR(ended.evidence.cores_used, 4, 0.1);
  EXPECT_EQ(describe(ended), describe(running));
}

TEST(Diagnose, SaysSoOfAGraphThatHadEndedBefore) {
  GraphSnapshot seen = simulate(chain({{"read", 1}, {"end"}})).snapshot;
  EXPECT_EQ(diagnose(seen - seen, {}).bound, Bound{});
}

TEST(Diagnose, NamesTheOnlyNode) {
  const Verdict found = verdict(chain({{"read", 2}}));
  EXPECT_EQ(found.bound, (Bound{Limit::kReading, "read"}));
  EXPECT_NEAR(found.samples_per_second, 500, 5);
  EXPECT_NEAR(found.next_samples_per_second, 2000, 20);
}

TEST(Diagnose, IsTheSameEveryTime) {
  const Model model = training(20, {16, 16}, 4, 4);
  EXPECT_EQ(describe(verdict(model, training_machine())),
            describe(verdict(model, training_machine())));
}

/// Two nodes that take from one queue, 4 and 8 a sample of 40 ms.
Model pair(double end_ms, double cores) {
  Model model = chain({{"read", 0.1}, {"decode", 40, 4, 64, 1}, {"end", end_ms, 1, 64}}, cores);
  test::add_helper(model, "decode", {"decode[gpu 0]", 40, 8});
  return model;
}

TEST(Diagnose, NamesTwoNodesThatShareAQueueWhereBothAreBusy) {
  const Verdict found = verdict(pair(1, 16));
  EXPECT_EQ(found.bound, (Bound{Limit::kConcurrency, "decode"}));
  EXPECT_NEAR(found.samples_per_second, 300, 3);
  ASSERT_EQ(found.changes.size(), 1u);
  EXPECT_EQ(found.changes[0].path(), "decode.concurrency");
  EXPECT_NEAR(found.predicted, 600, 15) << "with all the cores";
  EXPECT_EQ(describe(found).substr(0, describe(found).find(',', 40)),
            "decode, with the help of decode[gpu 0], limits the run: all 12 workers busy");
}

TEST(Diagnose, NamesTheCoresWhereThoseOfThePairHaveNoMore) {
  const Verdict found = verdict(pair(1, 4));
  EXPECT_EQ(found.bound, (Bound{Limit::kCores, ""}));
  EXPECT_TRUE(found.changes.empty());
}

TEST(Diagnose, NamesAPairThatCannotHaveMoreWorkers) {
  Model model = pair(1, 16);
  model.node("decode").fixed = true;
  const Verdict found = verdict(model);
  EXPECT_EQ(found.bound, (Bound{Limit::kSerial, "decode"}));
  EXPECT_NEAR(found.next_samples_per_second, 1000, 20) << "with both 4 times as fast";
}

TEST(Diagnose, DoesNotWaitForAHelperThatIsSeldomNeeded) {
  GraphSnapshot seen = simulate(pair(5, 16), {.seed = 7}).snapshot;
  for (NodeSnapshot& node : seen.nodes) {
    if (!node.helps.empty()) node.items_in = 2;
  }
  EXPECT_EQ(diagnose(seen, {.cores = 16, .threads = 16}).bound.node, "end");
}

TEST(Diagnose, NamesWhatLimitsAfterAPair) {
  const Verdict found = verdict(pair(5, 16));
  EXPECT_EQ(found.bound.node, "end") << describe(found);
  EXPECT_NEAR(found.samples_per_second, 200, 2);
}

}  // namespace
}  // namespace forebay
