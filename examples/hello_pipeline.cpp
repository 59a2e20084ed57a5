// A first pipeline: numbers are squared by four workers at once, the even squares are kept and put
// into batches, and a sink adds them up. The queues hold 16 items each unless they say otherwise.
//
//   numbers ──q──► square ──q──► even ──q──► batch ──q──► sum

#include <cstdio>
#include <iostream>
#include <optional>
#include <vector>

#include <forebay/graph/graph.hpp>

int main() {
  std::size_t batches = 0, last = 0;
  long total = 0;

  forebay::Graph graph("hello");
  auto numbers = graph.source("numbers", [next = 0L]() mutable -> std::optional<long> {
    return next < 184 ? std::optional(next++) : std::nullopt;
  });
  auto square = graph.transform("square", {.concurrency = 4}, [](long n) { return n * n; });
  auto even = graph.filter("even", [](long n) { return n % 2 == 0; });
  auto batch = graph.batch<long>("batch", {}, 6);
  auto sum = graph.sink("sum", {.queue = 4}, [&](const std::vector<long>& items) {
    ++batches;
    last = items.size();
    for (long n : items) total += n;
  });
  numbers >> square >> even >> batch >> sum;

  const forebay::GraphSnapshot report = graph.run();
  std::printf("%zu batches, the last of %zu, sum %ld\n", batches, last, total);
  std::fflush(stdout);
  std::cout << report;
}
