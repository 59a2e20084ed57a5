#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>

#include "count_new.hpp"
#include "helpers.hpp"

namespace forebay {
namespace {

TEST(Graph, AllocatesNothingPerItemInSteadyState) {
  setenv("FOREBAY_INSPECT", "0", 1);  // answers to others who look at it would count
  std::int64_t early = 0, late = 0;
  Graph graph("g", {.threads = 2});
  graph.source("s", test::count_to(10'500)) >>
      graph.transform("t", {.concurrency = 3}, [](int i) { return i; }) >>
      graph.filter("f", {.queue_bytes = 40}, [](int i) { return i % 10 != 3; }) >>
      graph.sink("eat", [&](int i) {
        if (i == 1000) early = test::allocations();
        if (i == 10'000) late = test::allocations();
      });
  graph.run();
  // A few are oneTBB's, when a worker runs its first task.
  EXPECT_LT(late - early, 90) << "allocations for 9000 items";
}

}  // namespace
}  // namespace forebay
