// Where bodies run, and what they may do there.

#include <gtest/gtest.h>
#include <oneapi/tbb/parallel_for.h>
#include <pthread.h>
#include <sched.h>

#include <atomic>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <vector>

#include "helpers.hpp"

namespace forebay {
namespace {

using test::count_to;
using test::error_of;
using test::thread_count;

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

/// While it lives, no thread can be started: its stack would not fit into the address space.
class NoMoreThreads {
 public:
  NoMoreThreads() {
    pthread_getattr_default_np(&before_);
    pthread_attr_t huge;
    pthread_attr_init(&huge);
    pthread_attr_setstacksize(&huge, std::size_t{1} << 62);
    pthread_setattr_default_np(&huge);
    pthread_attr_destroy(&huge);
  }
  ~NoMoreThreads() {
    pthread_setattr_default_np(&before_);
    pthread_attr_destroy(&before_);
  }
  NoMoreThreads(const NoMoreThreads&) = delete;

 private:
  pthread_attr_t before_;
};

TEST(ThreadsThatCannotBeStarted, EndTheRunWithTheirNodeNamedAndLeaveNoThread) {
  test::start_workers(3);
  const std::size_t before = thread_count();
  {
    Graph graph("g", {.threads = 2});
    std::atomic<int> inside{0};
    std::optional<NoMoreThreads> none;
    graph.source("s", NodeSettings{},
                 [&, i = 0]() mutable -> std::optional<int> {
                   if (i == 2) {
                     while (inside < 2) std::this_thread::yield();
                     none.emplace();
                   }
                   return i++;
                 }) >>
        graph.sink("wait", {.concurrency = 4, .run_on = RunOn::kOwnThreads}, [&](int) {
          ++inside;
          while (!graph.cancelled()) std::this_thread::yield();
        });
    EXPECT_EQ(error_of([&] { graph.run(); }),
              "wait: cannot start thread 3 of 4: Resource temporarily unavailable; lower "
              "wait.concurrency or raise the limit of threads");
    EXPECT_EQ(inside, 2);
  }
  EXPECT_LE(thread_count(), before);
}

TEST(ThreadsThatCannotBeStarted, EndTheRunWhenItIsTheFirst) {
  std::optional<NoMoreThreads> none;
  Graph graph("g", {.threads = 2});
  graph.source("s", NodeSettings{},
               [&]() -> std::optional<int> {
                 if (none) return std::nullopt;
                 none.emplace();
                 return 0;
               }) >>
      graph.sink("eat", {.run_on = RunOn::kOwnThreads}, [](int) {});
  EXPECT_EQ(error_of([&] { graph.run(); }),
            "eat: cannot start thread 1 of 1: Resource temporarily unavailable; lower "
            "eat.concurrency or raise the limit of threads");
}

TEST(ThreadsThatCannotBeStarted, EndTheRunBeforeItBeginsWhenItIsTheWatchdogs) {
  Graph graph("g", {.threads = 2});
  int seen = 0;
  graph.source("s", NodeSettings{}, count_to(3)) >> graph.sink("eat", [&](int) { ++seen; });
  const NoMoreThreads none;
  EXPECT_EQ(error_of([&] { graph.run(); }),
            "graph 'g' cannot start the thread of its watchdog: Resource temporarily unavailable; "
            "raise the limit of threads");
  EXPECT_EQ(seen, 0);
}

// Where taskset or a container leaves one processor, more threads would only take turns on it.
TEST(PoolThreads, AreNoMoreThanTheProcessorsLeftToTheProcess) {
  cpu_set_t before, one;
  ASSERT_EQ(sched_getaffinity(0, sizeof before, &before), 0);
  CPU_ZERO(&one);
  CPU_SET(sched_getcpu(), &one);
  ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
  Graph graph("g");
  ASSERT_EQ(sched_setaffinity(0, sizeof before, &before), 0);
  EXPECT_EQ(graph.snapshot().threads, 1u);
}

INSTANTIATE_TEST_SUITE_P(Threads, Threads, testing::Values(1, 2, 3, 7));

}  // namespace
}  // namespace forebay
