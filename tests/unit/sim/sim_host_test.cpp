#include <forebay/nodes/sim/sim_host.hpp>

#include <gtest/gtest.h>

#include <support/error_of.hpp>

namespace forebay {
namespace {

using test::error_of;

constexpr std::int64_t kMs = 1'000'000;

NodeSnapshot node(const std::string& name, const std::string& from, std::int64_t busy,
                  std::int64_t cpu) {
  NodeSnapshot result;
  result.name = name;
  result.kind = from.empty() ? "source" : "transform";
  if (!from.empty()) result.inputs.push_back({.from = from, .capacity = 4});
  result.concurrency = 1;
  result.own_threads = from.empty();
  result.items_in = result.items_out = 100;
  result.busy = busy;
  result.cpu = cpu;
  for (int i = 0; i < 100; ++i) result.service.record(busy / 100);
  return result;
}

// 4 ms an item in each, of which the disk takes 3 of read's, and other programs 1 of decode's.
GraphSnapshot measured() {
  GraphSnapshot graph;
  graph.elapsed = 1000 * kMs;
  graph.nodes = {node("read", "", 400 * kMs, 100 * kMs),
                 node("decode", "read", 400 * kMs, 300 * kMs)};
  return graph;
}

TEST(SimHost, TakesOverWhatItemsCostTheCores) {
  const HostWork work = measured_work(measured());
  EXPECT_NEAR(work.at("read").times.mean(), 4e6, 1e4);
  EXPECT_NEAR(work.at("read").cpu_share, 0.25, 1e-3);
  EXPECT_NEAR(work.at("decode").times.mean(), 3e6, 1e4);  // the pool's nodes wait for cores alone
  EXPECT_EQ(work.at("decode").cpu_share, 1);
}

TEST(SimHost, ScalesAllWorkToADecodeRate) {
  const HostWork work = with_decode_rate(measured_work(measured()), 100);
  EXPECT_NEAR(work.at("decode").times.mean(), 10e6, 1);
  EXPECT_NEAR(work.at("read").times.mean(), 4e6 * 10 / 3, 1e5);
  EXPECT_NEAR(work.at("read").cpu_share, 0.25, 1e-3);
  EXPECT_EQ(error_of([] { with_decode_rate({}, 100); }),
            "the work of the host has no times of node 'decode' to compare with");
}

TEST(SimHost, KnowsThePhotosOfTheBenchmarks) {
  const HostWork work = photo_work();
  EXPECT_GT(work.at("decode").times.mean(), work.at("augment").times.mean());
  EXPECT_EQ(work.count("update"), 0u);
}

}  // namespace
}  // namespace forebay
