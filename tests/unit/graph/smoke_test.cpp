#include <gtest/gtest.h>

#include <forebay/graph/graph.hpp>
#include <iostream>

namespace forebay {
TEST(GraphTest, RunsAChain) {
  Graph graph("chain");
  int next = 0;
  std::vector<int> seen;
  auto numbers = graph.source("numbers", [&]() -> std::optional<int> {
    return next < 1000 ? std::optional(next++) : std::nullopt;
  });
  auto twice = graph.transform("twice", {.concurrency = 4}, [](int value) { return 2 * value; });
  auto keep = graph.filter("keep", [](const int& v) { return v % 3 == 0; });
  auto batch = graph.batch<int>("batch", {}, 7);
  auto flat = graph.expand("flat", {}, [](std::vector<int> v) { return v; });
  auto sink = graph.sink("sink", {}, [&](int v) { seen.push_back(v); });
  numbers >> twice >> keep >> batch >> flat >> sink;
  std::cout << graph.run();
  EXPECT_EQ(seen.size(), 334u);
}
}  // namespace forebay
