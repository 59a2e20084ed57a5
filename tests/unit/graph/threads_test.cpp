// Where bodies run, and what they may do there.

#include <gtest/gtest.h>
#include <oneapi/tbb/parallel_for.h>

#include <atomic>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "helpers.hpp"

namespace forebay {
namespace {

using test::count_to;

class Threads : public testing::TestWithParam<int> {};

TEST_P(Threads, RunEveryMixOfPoolAndOwnThreads) {
  for (unsigned mix = 0; mix < 8; ++mix) {
    const auto place = [mix](unsigned bit) {
      return (mix >> bit & 1) != 0 ? RunOn::kOwnThreads : RunOn::kPool;
    };
    Graph graph("g", {.threads = GetParam()});
    std::atomic<int> sum{0};
    graph.source("s", {.run_on = place(0)}, count_to(200)) >>
        graph.transform("t", {.concurrency = 2, .queue = 3, .run_on = place(1)},
                        [](int i) { return i; }) >>
        graph.sink("eat", {.concurrency = 3, .queue = 2, .run_on = place(2)},
                   [&](int i) { sum += i; });
    graph.run();
    EXPECT_EQ(sum, 199 * 100);
  }
}

TEST_P(Threads, OfANodesOwnAreNoMoreThanItsConcurrency) {
  Graph graph("g", {.threads = GetParam()});
  std::mutex mutex;
  std::set<std::thread::id> sources, sinks;
  graph.source("s", {.run_on = RunOn::kOwnThreads},
               [&, i = 0]() mutable -> std::optional<int> {
                 sources.insert(std::this_thread::get_id());
                 return i < 500 ? std::optional(i++) : std::nullopt;
               }) >>
      graph.sink("eat", {.concurrency = 3, .queue = 2, .run_on = RunOn::kOwnThreads}, [&](int) {
        const std::lock_guard lock(mutex);
        sinks.insert(std::this_thread::get_id());
      });
  graph.run();
  EXPECT_EQ(sources.size(), 1u);
  EXPECT_LE(sinks.size(), 3u);
}

TEST_P(Threads, OfThePoolAreNoMoreThanAskedFor) {
  Graph graph("g", {.threads = GetParam()});
  std::atomic<int> inside{0}, most{0};
  graph.source("s", NodeSettings{}, count_to(2000)) >>
      graph.transform("t", {.concurrency = 16, .queue = 32},
                      [&](int i) {
                        const int now = ++inside;
                        int seen = most;
                        while (now > seen && !most.compare_exchange_weak(seen, now)) {
                        }
                        std::this_thread::yield();
                        --inside;
                        return i;
                      }) >>
      graph.sink("eat", {.queue = 32}, [](int) {});
  graph.run();
  // A pool of one may get a second worker from oneTBB for what comes from outside.
  EXPECT_LE(most, std::max(GetParam(), 2));
}

TEST_P(Threads, InANestedLoopTakeUpNoOtherItem) {
  Graph graph("g", {.threads = GetParam()});
  std::atomic<int> sum{0}, nested{0};
  graph.source("s", count_to(200)) >> graph.transform("t", {.concurrency = 4},
                                                      [&](int i) {
                                                        thread_local int depth = 0;
                                                        if (++depth > 1) ++nested;
                                                        tbb::parallel_for(0, 32, [&](int) {
                                                          ++sum;
                                                          std::this_thread::yield();
                                                        });
                                                        --depth;
                                                        return i;
                                                      }) >>
      graph.expand<int>("e", {.concurrency = 2}, 2,
                        [&](int i, Emitter<int>& emit) {
                          emit(i);
                          thread_local int depth = 0;
                          if (++depth > 1) ++nested;
                          tbb::parallel_for(0, 32, [&](int) { ++sum; });
                          --depth;
                          emit(i);
                        }) >>
      graph.sink("eat", [](int) {});
  graph.run();
  EXPECT_EQ(sum, 2 * 200 * 32);
  EXPECT_EQ(nested, 0);
}

int sum_of_graph(int threads, int count) {
  Graph graph("inner", {.threads = threads});
  int sum = 0;
  graph.source("s", count_to(count)) >>
      graph.transform("t", {.concurrency = 2}, [](int i) { return i; }) >>
      graph.sink("eat", [&](int i) { sum += i; });
  graph.run();
  return sum;
}

TEST_P(Threads, RunSeveralGraphsAtTheSameTime) {
  std::vector<std::thread> threads;
  std::atomic<int> right{0};
  for (int k = 0; k < 4; ++k) {
    threads.emplace_back([&] {
      for (int i = 0; i < 10; ++i) right += sum_of_graph(GetParam(), 100) == 99 * 50 ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, 40);
}

TEST_P(Threads, RunAGraphInsideABodyOfAnother) {
  for (const RunOn run_on : {RunOn::kPool, RunOn::kOwnThreads}) {
    Graph graph("outer", {.threads = GetParam()});
    int right = 0;
    graph.source("s", count_to(20)) >>
        graph.transform("t", {.concurrency = 3, .run_on = run_on},
                        [&](int i) { return sum_of_graph(GetParam(), 50 + i); }) >>
        graph.sink("eat", {.order = Order::kInOrder}, [&, i = 0](int sum) mutable {
          right += sum == (49 + i) * (50 + i) / 2 ? 1 : 0;
          ++i;
        });
    graph.run();
    EXPECT_EQ(right, 20);
  }
}

TEST(ThreadsOfASource, InThePoolMayTakeLongWithoutStoppingOthers) {
  Graph graph("g", {.threads = 2});
  std::atomic<int> seen{0};
  graph.source("s", NodeSettings{},
               [&, i = 0]() mutable -> std::optional<int> {
                 while (seen < i) std::this_thread::yield();  // until all before it has arrived
                 return i < 100 ? std::optional(i++) : std::nullopt;
               }) >>
      graph.sink("eat", [&](int) { ++seen; });
  graph.run();
  EXPECT_EQ(seen, 100);
}

INSTANTIATE_TEST_SUITE_P(Threads, Threads, testing::Values(1, 2, 3, 7));

}  // namespace
}  // namespace forebay
