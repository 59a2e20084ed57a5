// What an item's way through a graph costs, without and with the graph's own threads. Run alone on
// a quiet machine; bench_graph has the comparison with raw oneTBB.

#include <benchmark/benchmark.h>

#include <cstdint>
#include <optional>

#include <forebay/graph/graph.hpp>

namespace forebay {
namespace {

constexpr int kItems = 10'000;

/// A source, two transforms and a sink that do nothing.
void empty_stages(benchmark::State& state) {
  for (auto _ : state) {
    Graph graph("empty", {.threads = static_cast<int>(state.range(0))});
    graph.source("input", NodeSettings{},
                 [next = 0]() mutable -> std::optional<int> {
                   return next < kItems ? std::optional(next++) : std::nullopt;
                 }) >>
        graph.transform("first", {.queue = 64}, [](int i) { return i; }) >>
        graph.transform("second", {.queue = 64}, [](int i) { return i; }) >>
        graph.sink("third", {.queue = 64}, [](int) {});
    graph.run();
  }
  state.SetItemsProcessed(state.iterations() * kItems);
}
BENCHMARK(empty_stages)->ArgName("threads")->Arg(1)->Arg(2)->UseRealTime();

}  // namespace
}  // namespace forebay
