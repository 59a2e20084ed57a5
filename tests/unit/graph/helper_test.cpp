// Two nodes that take from one queue.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <latch>
#include <map>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "helpers.hpp"

namespace forebay {
namespace {

using test::count_to;
using test::error_of;

constexpr NodeSettings kOwn{.run_on = RunOn::kOwnThreads};

/// Time that passes only when `workers` of them wait for it, or all `items` have been begun.
class Ticks {
 public:
  Ticks(std::size_t workers, int items) : workers_(workers), left_(items) {}

  void work(int ticks) {
    std::unique_lock lock(mutex_);
    const int self = --left_;
    due_[self] = now_ + ticks;
    changed_.notify_all();
    changed_.wait(lock, [&] { return !due_.contains(self); });
  }
  /// Lets it pass until all items are done.
  void pass() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [&] { return due_.size() == workers_ || left_ == 0; });
      if (due_.empty()) return;
      ++now_;
      std::erase_if(due_, [&](const auto& each) { return each.second <= now_; });
      changed_.notify_all();
    }
  }

 private:
  const std::size_t workers_;
  std::mutex mutex_;
  std::condition_variable changed_;
  int left_, now_ = 0;
  std::map<int, int> due_;  // by item
};

/// 0, 1, 2, ... through `main` and its helper `more` to a sink that keeps what comes, in order.
template <typename Main, typename More>
class Pair {
 public:
  Pair(int items, const NodeSettings& settings, Main main, More more) : graph_("pair") {
    const auto node = graph_.transform("main", settings, main);
    graph_.helper("more", node, settings, more);
    graph_.source("source", count_to(items)) >> node >>
        graph_.sink("sink", {.queue = 4, .order = Order::kInOrder},
                    [this](int item) { seen.push_back(item); });
  }
  Graph& graph() { return graph_; }

  std::vector<int> seen;

 private:
  Graph graph_;
};

TEST(Helper, SplitsByTheSpeedOfEach) {
  constexpr int kItems = 300;
  Ticks ticks(2, kItems);
  const auto takes = [&ticks](int time) {
    return [&ticks, time](int item) {
      ticks.work(time);
      return item;
    };
  };
  Pair pair(kItems, kOwn, takes(2), takes(1));
  std::thread time([&] { ticks.pass(); });
  const GraphSnapshot result = pair.graph().run();
  time.join();
  EXPECT_NEAR(static_cast<double>(result.node("main").items_out), kItems / 3.0, 4);
  EXPECT_EQ(result.node("main").items_out + result.node("more").items_out, std::uint64_t{kItems});
  std::vector<int> all(kItems);
  for (int i = 0; i < kItems; ++i) all[static_cast<std::size_t>(i)] = i;
  EXPECT_EQ(pair.seen, all);
}

TEST(Helper, HasNothingToDoWhileTheOtherHasAWorkerFree) {
  std::atomic<int> done{0};
  Graph graph("trickle");
  const auto node = graph.transform("main", [](int item) { return item; });
  graph.helper("more", node, {}, [](int item) { return item; });
  graph.source("source",
               [&, next = 0]() mutable -> std::optional<int> {
                 while (done < next) std::this_thread::yield();
                 return next < 50 ? std::optional(next++) : std::nullopt;
               }) >>
      node >> graph.sink("sink", [&](int) {
        while (graph.snapshot().node("main").active > 0) std::this_thread::yield();
        ++done;
      });
  EXPECT_EQ(graph.run().node("more").items_in, 0u);
}

TEST(Helper, ShowsItsOwnFiguresAndTheQueueOfBoth) {
  std::latch at_work{3}, release{1};
  const auto held = [&](int item) {
    if (item < 3) at_work.count_down();
    release.wait();
    return item;
  };
  Graph graph("held");
  const auto node =
      graph.transform("main", {.concurrency = 2, .queue = 5, .run_on = RunOn::kOwnThreads}, held);
  graph.helper("more", node, kOwn, held);
  graph.source("source", count_to(40)) >> node >> graph.sink("sink", {.queue = 64}, [](int) {});
  std::thread run([&] { graph.run(); });
  at_work.wait();
  const auto full = [&] {
    const GraphSnapshot now = graph.snapshot();
    return now.node("main").inputs[0].depth == 5 && now.node("source").active == 0;
  };
  while (!full()) std::this_thread::yield();
  const GraphSnapshot seen = graph.snapshot();
  release.count_down();
  run.join();
  EXPECT_EQ(seen.node("main").active, 2u);
  EXPECT_EQ(seen.node("more").active, 1u);
  EXPECT_EQ(seen.node("main").helps, "");
  EXPECT_EQ(seen.node("more").helps, "main");
  EXPECT_EQ(seen.node("more").inputs[0].depth, 5u);
  EXPECT_EQ(seen.node("more").inputs[0].from, "source");
  EXPECT_EQ(seen.node("more").outputs, std::vector<std::string>{"sink"});
  const GraphSnapshot end = graph.snapshot();
  EXPECT_EQ(end.node("main").inputs[0].high_water, 5u);
  EXPECT_EQ(end.node("main").inputs[0].depth_time, end.node("more").inputs[0].depth_time);
  EXPECT_EQ(end.node("main").items_out + end.node("more").items_out, 40u);
  EXPECT_TRUE(end.node("more").ended);
}

TEST(Helper, WaitsForRoomAfterIt) {
  std::latch blocked{1};
  Graph graph("narrow");
  const auto node = graph.transform("main", {.queue = 8}, [](int item) { return item; });
  graph.helper("more", node, {}, [](int item) { return item; });
  graph.source("source", count_to(100)) >> node >>
      graph.sink("sink", {.queue = 3, .order = Order::kInOrder, .run_on = RunOn::kOwnThreads},
                 [&](int) { blocked.wait(); });
  std::thread run([&] { graph.run(); });
  const auto full = [&] {
    const GraphSnapshot now = graph.snapshot();
    return now.node("sink").inputs[0].depth == 3 && now.node("main").inputs[0].depth == 8 &&
           now.node("main").active + now.node("more").active == 0;
  };
  while (!full()) std::this_thread::yield();
  const GraphSnapshot seen = graph.snapshot();
  blocked.count_down();
  run.join();
  EXPECT_EQ(seen.node("main").items_in + seen.node("more").items_in, 4u);
  EXPECT_EQ(graph.snapshot().node("sink").inputs[0].high_water, 3u);
  EXPECT_EQ(graph.snapshot().node("sink").items_in, 100u);
}

// Both begin with one item each, whoever takes which.
constexpr auto meet_and_fail = [](std::latch& both, bool fails) {
  return [&both, fails](int item) {
    if (item < 2) both.arrive_and_wait();
    if (fails) throw std::runtime_error("broken");
    return item;
  };
};

TEST(Helper, EndsTheRunByItsError) {
  std::latch both{2};
  Pair pair(1000, kOwn, meet_and_fail(both, false), meet_and_fail(both, true));
  const std::string error = error_of([&] { pair.graph().run(); });
  EXPECT_TRUE(error == "more: item 0: broken" || error == "more: item 1: broken") << error;
}

TEST(Helper, LeavesOutWhatItSkips) {
  std::latch both{2};
  NodeSettings skip = kOwn;
  skip.on_error = OnError::kSkip;
  Pair pair(500, skip, meet_and_fail(both, false), meet_and_fail(both, true));
  const GraphSnapshot result = pair.graph().run();
  EXPECT_GE(result.node("more").skipped, 1u);
  EXPECT_EQ(result.node("main").skipped, 0u);
  EXPECT_EQ(result.node("more").skipped + pair.seen.size(), 500u);
  EXPECT_TRUE(std::is_sorted(pair.seen.begin(), pair.seen.end()));
}

TEST(Helper, EndsWithACancelledRun) {
  std::latch both{2}, release{1};
  const auto held = [&](int item) {
    both.count_down();
    release.wait();
    return item;
  };
  Pair pair(1000, kOwn, held, held);
  std::thread run([&] { pair.graph().run(); });
  both.wait();
  pair.graph().cancel();
  release.count_down();
  run.join();
  const GraphSnapshot result = pair.graph().snapshot();
  EXPECT_EQ(result.node("main").items_in + result.node("more").items_in, 2u);
}

TEST(Helper, IsRefusedWhereItCannotHelp) {
  const auto same = [](int item) { return item; };
  Graph graph("wrong");
  const auto node = graph.transform("main", same);
  const auto add = [&](const Stage<int, int>& of) {
    return error_of([&] { graph.helper("more", of, {}, same); });
  };
  EXPECT_EQ(add(graph.transform("a", same) >> graph.transform("b", same)),
            "more cannot help a: it helps one node, not several in a row");
  EXPECT_EQ(add(graph.filter("even", [](int item) { return item % 2 == 0; })),
            "more cannot help even: that is no transform");
  EXPECT_EQ(add(graph.reorder<int>("sorted")), "more cannot help sorted: that is no transform");
  EXPECT_EQ(add(graph.transform("serial", {.fixed = true}, same)),
            "more cannot help serial: that relies on its order");
  EXPECT_EQ(add(node), "");
  EXPECT_EQ(error_of([&] { graph.set("more.queue", "8"); }),
            "more takes from the queue of main; change that");
  graph.set("more.concurrency", "3");
  EXPECT_EQ(graph.settings("more").concurrency, 3u);
  const auto join = graph.join<int, int>("enter");
  EXPECT_EQ(error_of([&] { graph.feedback(node.output, join.second, {1}); }),
            "main has the help of more; the feedback edge from main to enter sends one item at a "
            "time; leave it alone");
}

}  // namespace
}  // namespace forebay
