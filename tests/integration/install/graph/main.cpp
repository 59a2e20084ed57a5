// A graph in a program of its own.

#include <forebay/graph/graph.hpp>

#include <iostream>

int main() {
  forebay::Graph graph("squares");
  auto count = graph.source("count", [i = 0]() mutable {
    return i < 10 ? std::optional(i++) : std::nullopt;
  });
  auto square = graph.transform("square", {.concurrency = 2}, [](int i) { return i * i; });
  int sum = 0;
  auto add = graph.sink("add", [&sum](int i) { sum += i; });
  count >> square >> add;
  std::cout << graph.run() << "sum " << sum << '\n';
}
