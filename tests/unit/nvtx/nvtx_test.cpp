// What a tool sees of a graph's bodies.

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <optional>
#include <stdexcept>

#include <forebay/graph/graph.hpp>

namespace forebay {
namespace {

class Nvtx : public testing::Test {
 protected:
  // Before any graph runs: NVTX looks for a tool when it is first called.
  static void SetUpTestSuite() {
    setenv("NVTX_INJECTION64_PATH", FOREBAY_COUNT_RANGES, 1);
    tool_ = dlopen(FOREBAY_COUNT_RANGES, RTLD_NOW);
    ASSERT_NE(tool_, nullptr) << dlerror();
  }
  static int count_of(const char* name) {
    return reinterpret_cast<int (*)(const char*)>(dlsym(tool_, "count_of"))(name);
  }
  static int count_of_open() {
    return reinterpret_cast<int (*)()>(dlsym(tool_, "count_of_open"))();
  }

  static inline void* tool_ = nullptr;
};

auto numbers(int count) {
  return [count, n = 0]() mutable { return n < count ? std::optional(n++) : std::nullopt; };
}

TEST_F(Nvtx, ShowsARangeForEachBodyNamedAfterItsNode) {
  Graph graph("g");
  const auto twice =
      graph.transform("twice", {.concurrency = 3}, [](int number) { return 2 * number; });
  const auto own = graph.transform("own", {.run_on = RunOn::kOwnThreads}, [](int n) { return n; });
  graph.source("count", numbers(100)) >> twice >> own >> graph.sink("drop", [](int) {});
  graph.run();
  for (const char* name : {"twice", "own", "drop"}) EXPECT_EQ(count_of(name), 100) << name;
  EXPECT_EQ(count_of("count"), 101) << "the last says that there are no more";
  EXPECT_EQ(count_of_open(), 0);
}

TEST_F(Nvtx, EndsTheRangeOfABodyThatThrows) {
  Graph graph("g");
  graph.source("some", numbers(10)) >> graph.sink("fail", [](int number) {
    if (number == 5) throw std::runtime_error("five");
  });
  EXPECT_THROW(graph.run(), Error);
  EXPECT_GE(count_of("fail"), 6);
  EXPECT_EQ(count_of_open(), 0);
}

}  // namespace
}  // namespace forebay
