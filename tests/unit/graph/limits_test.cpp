// Limits that change while the graph runs and while it is full.

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "helpers.hpp"

namespace forebay {
namespace {

struct Block {
  std::size_t size = 0;
};
std::size_t byte_size(const Block& block) { return block.size; }

/// A source that counts what it has made, and a sink that takes one item for each `let_pass`.
class Gated {
 public:
  explicit Gated(NodeSettings sink_settings) : graph_("gated") {
    sink_settings.run_on = RunOn::kOwnThreads;
    graph_.source("source",
                  [this]() -> std::optional<Block> {
                    if (made_ == kItems) return std::nullopt;
                    ++made_;
                    return Block{10};
                  }) >>
        graph_.sink("sink", sink_settings, [this](Block) {
          int left = permits_;
          while (left == 0 || !permits_.compare_exchange_weak(left, left - 1)) {
            std::this_thread::yield();
            left = permits_;
          }
        });
    run_ = std::async(std::launch::async, [this] { result_ = graph_.run(); });
  }
  ~Gated() {
    let_pass(kItems);
    run_.get();
    EXPECT_EQ(result_.node("sink").items_in, std::uint64_t{kItems});
  }

  Graph& graph() { return graph_; }
  void let_pass(int items) { permits_ += items; }
  QueueSnapshot queue() const { return graph_.snapshot().node("sink").inputs[0]; }
  std::size_t active() const { return graph_.snapshot().node("sink").active; }
  /// Waits until the queue holds `depth` items and the source waits for room.
  void wait_for(std::size_t depth) const {
    for (;;) {
      const GraphSnapshot now = graph_.snapshot();
      const bool blocked = now.node("source").active == 0;
      if (now.node("sink").inputs[0].depth == depth && blocked) return;
      std::this_thread::yield();
    }
  }

 private:
  static constexpr int kItems = 60;
  Graph graph_;
  std::atomic<int> made_{0}, permits_{0};
  GraphSnapshot result_;
  std::future<void> run_;
};

TEST(Limits, FillAQueueExactlyToItsCapacity) {
  Gated gated({.queue = 5});
  gated.wait_for(5);
  EXPECT_EQ(gated.queue().high_water, 5u);
}

TEST(Limits, AQueueThatGrowsWhileFullFillsAtOnce) {
  Gated gated({.queue = 3});
  gated.wait_for(3);
  gated.graph().set("sink.queue", "20");
  gated.wait_for(20);
  EXPECT_EQ(gated.queue().capacity, 20u);
  EXPECT_EQ(gated.queue().high_water, 20u);
}

TEST(Limits, AQueueThatShrinksWhileFullTakesNothingUntilItHasDrained) {
  Gated gated({.queue = 10});
  gated.wait_for(10);
  gated.graph().set("sink.queue", "4");
  EXPECT_EQ(gated.queue().depth, 10u);
  gated.let_pass(6);
  gated.wait_for(4);
  gated.let_pass(3);
  gated.wait_for(4);
  EXPECT_EQ(gated.queue().high_water, 10u);
}

TEST(Limits, BytesHoldBackWhatDoesNotFit) {
  Gated gated({.queue = 16, .queue_bytes = 35});
  gated.wait_for(3);
  EXPECT_EQ(gated.queue().bytes, 30u);
  gated.let_pass(7);
  gated.wait_for(3);
  EXPECT_EQ(gated.queue().high_water_bytes, 30u);
}

TEST(Limits, BytesMayChangeWhileFull) {
  Gated gated({.queue = 16, .queue_bytes = 35});
  gated.wait_for(3);
  gated.graph().set("sink.queue_bytes", "80");
  gated.wait_for(8);
  gated.graph().set("sink.queue_bytes", "20");
  gated.let_pass(6);
  gated.wait_for(2);
  gated.graph().set("sink.queue_bytes", "0");
  gated.wait_for(16);
}

TEST(Limits, AnItemLargerThanTheByteLimitPassesAlone) {
  Gated gated({.queue = 16, .queue_bytes = 5});
  gated.wait_for(1);
}

TEST(Limits, ConcurrencyGrowsAndShrinksWhileTheQueueIsFull) {
  Gated gated({.queue = 8});
  gated.wait_for(8);
  EXPECT_EQ(gated.active(), 1u);
  gated.graph().set("sink.concurrency", "4");
  gated.wait_for(8);
  EXPECT_EQ(gated.active(), 4u);
  gated.graph().set("sink.concurrency", "2");
  gated.let_pass(10);
  while (gated.active() != 2) std::this_thread::yield();
  gated.wait_for(8);
  EXPECT_EQ(gated.active(), 2u);
}

// The later of two items is finished first and waits for bytes; the worker that it keeps occupied
// is the only one, and must still take the earlier item.
TEST(Limits, AnItemThatWaitsForBytesDoesNotKeepOutTheOneItWaitsFor) {
  Graph graph("g", {.threads = 4});
  std::promise<void> later_done;
  std::vector<int> seen;
  graph.source("s", test::count_to(6)) >>
      graph.transform("fan", {.concurrency = 2, .run_on = RunOn::kOwnThreads},
                      [&](int i) {
                        if (i == 0) later_done.get_future().wait();
                        return i;
                      }) >>
      graph.transform("one", {.concurrency = 1},
                      [&](int i) {
                        if (i == 1) later_done.set_value();
                        return i;
                      }) >>
      graph.sink("eat", {.queue = 8, .queue_bytes = 4, .order = Order::kInOrder},
                 [&](int i) { seen.push_back(i); });
  graph.run();
  EXPECT_EQ(seen, (std::vector<int>{0, 1, 2, 3, 4, 5}));
}

// One worker holds the first item until the other has done all the rest, which has room.
TEST(Limits, LaterItemsForWhichThereAreBytesDoNotWaitForEarlierOnes) {
  constexpr int kItems = 8;
  Graph graph("g");
  std::promise<void> rest_done;
  std::vector<int> seen;
  graph.source("s", test::count_to(kItems)) >>
      graph.transform("work", {.concurrency = 2, .run_on = RunOn::kOwnThreads},
                      [&](int i) {
                        if (i == 0) rest_done.get_future().wait();
                        if (i == kItems - 1) rest_done.set_value();
                        return i;
                      }) >>
      graph.sink(
          "eat",
          {.queue = kItems, .queue_bytes = 2 * kItems * sizeof(int), .order = Order::kInOrder},
          [&](int i) { seen.push_back(i); });
  graph.run();
  EXPECT_EQ(seen, (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7}));
}

TEST(Limits, MayBeChangedFromABody) {
  Graph graph("g", {.threads = 2});
  graph.source("s", test::count_to(100)) >>
      graph.transform("t",
                      [&](int i) {
                        graph.set("eat.queue", std::to_string(1 + i % 7));
                        graph.set("t.concurrency", std::to_string(1 + i % 3));
                        return i;
                      }) >>
      graph.sink("eat", [](int) {});
  EXPECT_EQ(graph.run().node("eat").items_in, 100u);
}

TEST(Limits, ChangesOfDifferentSettingsFromSeveralThreadsAreAllKept) {
  Graph graph("g");
  graph.transform("t", [](int i) { return i; });
  for (int round = 0; round < 200; ++round) {
    graph.set("t.queue", "1");
    graph.set("t.concurrency", "1");
    std::thread other([&] { graph.set("t.queue", "9"); });
    graph.set("t.concurrency", "5");
    other.join();
    EXPECT_EQ(graph.settings("t").queue, 9u);
    EXPECT_EQ(graph.settings("t").concurrency, 5u);
  }
}

}  // namespace
}  // namespace forebay
