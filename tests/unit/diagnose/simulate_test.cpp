#include <gtest/gtest.h>

#include <forebay/graph/simulate/simulate.hpp>
#include <support/error_of.hpp>

#include "models.hpp"

namespace forebay {
namespace {

using test::add;
using test::chain;

double rate(const Model& model) { return simulate(model).samples_per_second; }

double share(std::int64_t part, const NodeSnapshot& node) {
  return static_cast<double>(part) /
         (static_cast<double>(node.metered) * static_cast<double>(node.concurrency));
}

// The identities that SPDL's documentation gives for stages of 10, 25 and 40 ms.
TEST(Simulate, BlocksStagesByTheCycleLessTheirOwnTime) {
  const Simulation run = simulate(chain({{"read"}, {"a", 10}, {"b", 25}, {"c", 40}}));
  EXPECT_NEAR(run.samples_per_second, 25, 0.01);
  EXPECT_NEAR(share(run.snapshot.node("a").blocked, run.snapshot.node("a")) * 40, 30, 0.01);
  EXPECT_NEAR(share(run.snapshot.node("b").blocked, run.snapshot.node("b")) * 40, 15, 0.01);
  EXPECT_NEAR(share(run.snapshot.node("c").busy, run.snapshot.node("c")) * 40, 40, 0.01);
  EXPECT_NEAR(share(run.snapshot.node("a").starved, run.snapshot.node("a")), 0, 1e-6);
}

TEST(Simulate, TimesOfANodeAddUp) {
  const Simulation run =
      simulate(chain({{"read", 1}, {"a", 10, 3, 4, 1}, {"b", 2, 2, 8, 0.5}, {"c", 3, 1, 2}}, 2));
  for (const NodeSnapshot& node : run.snapshot.nodes) {
    EXPECT_NEAR(share(node.busy + node.ready + node.starved + node.blocked, node), 1, 1e-6)
        << node.name;
    for (const QueueSnapshot& queue : node.inputs) EXPECT_LE(queue.high_water, queue.capacity);
  }
}

TEST(Simulate, GivesEachNodeItsConcurrency) {
  EXPECT_NEAR(rate(chain({{"read"}, {"a", 10, 4}, {"b", 1}})), 400, 0.1);
  // Workers beyond the places of the next queue have nothing to do.
  EXPECT_NEAR(rate(chain({{"read"}, {"a", 10, 8}, {"b", 0, 1, 4}})), 400, 0.1);
}

TEST(Simulate, SharesThePoolsThreadsAndTheCores) {
  const std::vector<test::Stage> two = {{"read"}, {"a", 10, 4, 16, 1}, {"b", 10, 4, 16, 1}};
  EXPECT_NEAR(rate(chain(two, 2)), 100, 1);
  EXPECT_NEAR(rate(chain(two, 4)), 200, 2);

  Model threads = chain(two, 4);
  threads.threads = 2;
  EXPECT_NEAR(rate(threads), 100, 1);

  // Bodies on threads of their own compute on the same cores.
  Model own = chain({{"read"}, {"a", 10, 4, 16, 1}}, 2);
  own.nodes[1].own_threads = true;
  EXPECT_NEAR(rate(own), 200, 1);
  own.nodes[1].cpu_share = 0.25;  // four at once wait 7.5 ms, then share two cores for 2.5 ms each
  EXPECT_NEAR(rate(own), 4 / 12.5e-3, 1);
}

TEST(Simulate, CountsSamplesOfTheSourceWhateverBatchesMakeOfThem) {
  Model model = chain({{"read", 1},
                       {"batch", 0, 1, 16, 0, Passing::kCollect, 1.0 / 8},
                       {"device", 4},
                       {"spread", 0, 1, 16, 0, Passing::kSpread, 3},
                       {"end", 0.5}});
  const Simulation run = simulate(model);
  EXPECT_NEAR(run.samples_per_second, 1000, 0.5);
  EXPECT_NEAR(share(run.snapshot.node("device").busy, run.snapshot.node("device")), 0.5, 0.01);
  model.node("device").service = ServiceTimes::constant(16 * test::kMs);
  EXPECT_NEAR(rate(model), 500, 0.5);
  // Three items per batch go through the end: 8 samples take it 3 x 8 ms.
  model.node("end").service = ServiceTimes::constant(8 * test::kMs);
  EXPECT_NEAR(rate(model), 8 / 24e-3, 0.5);
}

TEST(Simulate, DropsTheItemsThatAFilterDoes) {
  Model model = chain({{"read", 1}, {"filter", 0}, {"end", 2}});
  model.node("filter").per_item = 0.25;
  EXPECT_NEAR(rate(model), 1000, 5);
  model.node("end").service = ServiceTimes::constant(8 * test::kMs);
  EXPECT_NEAR(rate(model), 500, 5);
}

TEST(Simulate, SendsAlongTheBodySoThatTheNextNodesOverlap) {
  Model model = chain({{"read"},
                       {"backward", 8, 1, 1, 0, Passing::kEmit, 4},
                       {"reduce", 2, 1, 4},
                       {"end", 0, 1, 4}});
  // Buckets come every 2 ms and take 2 ms each.
  EXPECT_NEAR(rate(model), 125, 0.5);
  model.node("reduce").service = ServiceTimes::constant(3 * test::kMs);
  EXPECT_NEAR(rate(model), 1 / 12e-3, 0.5);
  // All four places are needed at once: a body begins when the last bucket before it is taken.
  model.node("backward").service = ServiceTimes::constant(20 * test::kMs);
  model.node("reduce").concurrency = 4;
  model.node("reduce").service = ServiceTimes::constant(18 * test::kMs);
  EXPECT_NEAR(rate(model), 1 / 20e-3, 0.5);
  model.node("reduce").concurrency = 2;
  EXPECT_NEAR(rate(model), 1 / 36e-3, 0.5);
}

TEST(Simulate, SendsWhenTheModelSays) {
  Model model = chain({{"read"},
                       {"backward", 8, 1, 1, 0, Passing::kEmit, 2},
                       {"reduce", 6, 1, 2},
                       {"end", 0, 1, 2}});
  // A body begins when both places are free: when the last item before it is taken.
  model.node("backward").sends = {0.25, 1};  // at 2 and 8 ms; both are taken by then
  EXPECT_NEAR(rate(model), 1 / 12e-3, 0.5);
  model.node("backward").sends = {1, 1};  // the second waits for 6 ms
  EXPECT_NEAR(rate(model), 1 / 14e-3, 0.5);
}

TEST(Simulate, HoldsTheWindowWhileASlowItemIsUnderWay) {
  // One item in 256 takes 100 ms, the others 1 ms: meanwhile the others get as far as the window.
  Histogram histogram;
  for (int i = 0; i < 255; ++i) histogram.record(1'000'000);
  histogram.record(100'000'000);
  Model model = chain({{"read"}, {"a", 1, 4, 16}, {"b", 0, 1, 4}});
  const double mean = (255 * 1e6 + 100e6) / 256;
  model.node("a").service = ServiceTimes::measured(histogram, mean);
  const double narrow = rate(model);
  model.node("b").inputs[0].capacity = 1024;
  EXPECT_NEAR(rate(model), 4e9 / mean, 4e9 / mean * 0.02);
  // 3 others pass the slow one, then all wait: a block takes 100 ms and the rest by four.
  EXPECT_NEAR(narrow, 256 / (0.1 + 252e-3 / 4), 80);
}

TEST(Simulate, WaitsForTheSlowestBranch) {
  Model model = chain({{"read"}, {"scatter", 0, 1, 2}});
  add(model, {"scatter"}, {"left", 10, 1, 1});
  add(model, {"scatter"}, {"right", 14, 1, 1});
  add(model, {"left", "right"}, {"gather", 0, 1, 2, 0, Passing::kJoin});
  EXPECT_NEAR(rate(model), 1 / 14e-3, 0.1);
}

// step -> device -> update -> back to step: one at a time, however long the queues.
TEST(Simulate, GoesAroundACycleOnceForEachFirstItem) {
  Model model = chain({{"read"}});
  add(model, {"read"}, {"step", 0, 1, 4, 0, Passing::kJoin});
  add(model, {"step"}, {"device", 10, 4});
  add(model, {"device"}, {"update", 6, 4});
  add(model, {"update"}, {"end"});
  model.node("step").inputs.push_back({.from = model.index("update"), .capacity = 4, .first = 1});
  EXPECT_NEAR(rate(model), 1 / 16e-3, 0.1);
  model.node("step").inputs.back().first = 2;
  EXPECT_NEAR(rate(model), 2 / 16e-3, 0.1);
}

TEST(Simulate, LimitsAQueueByItsBytesWhereSlowItemsHoldTheOthersBack) {
  Histogram histogram;
  for (int i = 0; i < 256; ++i) histogram.record(i % 16 == 0 ? 100'000'000 : 4'000'000);
  Model model = chain({{"read"}, {"a", 10, 8, 64}, {"b", 0, 1, 64}});
  model.node("a").service = ServiceTimes::measured(histogram, 10e6);
  const double unlimited = rate(model);
  EXPECT_GT(unlimited, 650);
  model.node("b").inputs[0].capacity_bytes = 2500;
  model.node("b").inputs[0].item_bytes = 1000;
  EXPECT_NEAR(rate(model), unlimited, 1) << "whatever is there is taken";
  model.node("b").in_order = true;
  EXPECT_LT(rate(model), 0.6 * unlimited);
  model.node("b").inputs[0].capacity_bytes = 128'000;
  EXPECT_NEAR(rate(model), unlimited, 0.05 * unlimited);
}

TEST(Simulate, IsTheSameEveryTimeAndHardlyDependsOnTheSeed) {
  Histogram histogram;
  for (int i = 0; i < 256; ++i) histogram.record(1'000'000 * (1 + i * i / 4096));
  Model model = chain({{"read"}, {"a", 1, 4, 16}, {"b", 1, 3, 8}});
  model.node("a").service = ServiceTimes::measured(histogram, 4e6);
  model.node("b").service = ServiceTimes::measured(histogram, 3e6);
  EXPECT_EQ(rate(model), rate(model));
  const double other = simulate(model, {.seed = 2}).samples_per_second;
  EXPECT_NE(rate(model), other);
  EXPECT_NEAR(rate(model) / other, 1, 0.02);
}

TEST(Simulate, SaysNoItemsWhereNothingCanMove) {
  Model model = chain({{"read"}, {"filter"}, {"end"}});
  model.node("filter").per_item = 0;
  EXPECT_EQ(rate(model), 0);
}

TEST(Simulate, RefusesWhatIsNoGraph) {
  EXPECT_EQ(test::error_of([] { simulate(Model{}); }), "the model of graph '' has no source");
  Model model = chain({{"read"}, {"a"}, {"b"}});
  model.node("a").inputs[0].from = 2;
  EXPECT_EQ(test::error_of([&] { simulate(model); }),
            "the model of graph 'chain' has a cycle without first items");
}

// As tests/unit/graph/helper_test.cpp finds of a graph.
TEST(Simulate, LetsWhoHasAWorkerFreeTakeFromASharedQueue) {
  Model model = chain({{"read"}, {"decode", 4, 1, 8}, {"end", 0, 1, 32}});
  test::add_helper(model, "decode", {"more", 2});
  const Simulation run = simulate(model);
  EXPECT_NEAR(run.samples_per_second, 750, 1);
  const NodeSnapshot &decode = run.snapshot.node("decode"), &more = run.snapshot.node("more");
  EXPECT_NEAR(static_cast<double>(more.items_in) / static_cast<double>(decode.items_in), 2, 0.01);
  EXPECT_EQ(more.helps, "decode");
  EXPECT_EQ(more.inputs[0].from, "read");
  EXPECT_EQ(more.inputs[0].depth_time, decode.inputs[0].depth_time);
  EXPECT_EQ(more.outputs, std::vector<std::string>{"end"});
  for (const NodeSnapshot& node : run.snapshot.nodes) {
    EXPECT_NEAR(share(node.busy + node.ready + node.starved + node.blocked, node), 1, 1e-6)
        << node.name;
  }
  model.node("read").service = ServiceTimes::constant(5 * test::kMs);
  EXPECT_EQ(simulate(model).snapshot.node("more").items_in, 0u);
}

TEST(Simulate, KeepsOneWorkerOfAllForWhatWaitsForBytes) {
  Model model = chain({{"read"}, {"decode", 4, 2, 8}, {"end", 3, 1, 32}});
  test::add_helper(model, "decode", {"more", 2, 2});
  ModelQueue& after = model.node("end").inputs[0];
  after.capacity_bytes = 100;
  after.item_bytes = 30;
  const Simulation run = simulate(model);
  EXPECT_NEAR(run.samples_per_second, 333.3, 1);
  EXPECT_LE(run.snapshot.node("end").inputs[0].high_water, 4u);
}

}  // namespace
}  // namespace forebay
