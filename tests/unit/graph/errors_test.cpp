// Exceptions in bodies and around them: the run ends with node and item named, or items are
// skipped.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

#include "helpers.hpp"

namespace forebay {
namespace {

using test::count_to;
using test::error_of;
using test::thread_count;

struct Photo {
  int number = 0;
};
std::string describe(const Photo& photo) {
  return "record " + std::to_string(photo.number) + " of photos.rec";
}

TEST(Error, NamesTheItemAsItDescribesItself) {
  Graph graph("g");
  graph.source("read", count_to(9)) >> graph.transform("wrap", [](int i) { return Photo{i}; }) >>
      graph.transform("decode",
                      [](Photo photo) {
                        if (photo.number == 4) throw std::runtime_error("not a JPEG");
                        return photo;
                      }) >>
      graph.sink("eat", [](const Photo&) {});
  EXPECT_EQ(error_of([&] { graph.run(); }), "decode: record 4 of photos.rec: not a JPEG");
  EXPECT_EQ(graph.snapshot().node("decode").errors, 1u);
}

TEST(Error, NamesExceptionsOfAnyType) {
  Graph graph("g");
  graph.source("s", count_to(3)) >> graph.sink("eat", [](int) { throw 7; });
  EXPECT_EQ(error_of([&] { graph.run(); }), "eat: item 0: unknown exception");
}

// Every kind of node in one graph; the node called `bad` throws at its item `at`.
std::string error_of_graph(const std::string& bad, int at, int threads, RunOn run_on) {
  Graph graph("g", {.threads = threads});
  const NodeSettings settings{.queue = 4, .run_on = run_on};
  const auto check = [&](const char* node, int item) {
    if (bad == node && item == at) throw std::runtime_error("is broken");
  };
  auto source = graph.source("source", settings, [&, i = 0]() mutable -> std::optional<int> {
    check("source", i);
    return i < 40 ? std::optional(i++) : std::nullopt;
  });
  auto transform = graph.transform("transform", settings, [&](int i) {
    check("transform", i);
    return i;
  });
  auto filter = graph.filter("filter", settings, [&](int i) {
    check("filter", i);
    return true;
  });
  struct Pairs {
    std::function<void(const char*, int)> check;
    std::vector<int> items;
    int seen = 0;
    std::optional<std::vector<int>> add(int i) {
      check("batch", seen++);
      items.push_back(i);
      return items.size() < 2 ? std::nullopt : std::optional(std::exchange(items, {}));
    }
    std::optional<std::vector<int>> finish() {
      check("batch", -1);
      return std::nullopt;
    }
  };
  auto batch = graph.collect<int>("batch", settings, Pairs{check, {}});
  auto expand = graph.expand("expand", settings, [&, i = 0](std::vector<int> v) mutable {
    check("expand", i++);
    return v;
  });
  auto emit = graph.expand<int>("emit", settings, 2, [&](int i, Emitter<int>& send) {
    send(i);
    check("emit", i);
    send(i);
  });
  auto fork = graph.broadcast<int>("fork", settings, 2);
  auto join = graph.join<int, int>("join", settings);
  source >> transform >> filter >> batch >> expand >> emit >> fork.input;
  fork[0] >> join.first;
  fork[1] >> join.second;
  join.output >> graph.sink("sink", settings,
                            [&, i = 0](std::tuple<int, int>) mutable { check("sink", i++); });
  return error_of([&] { graph.run(); });
}

TEST(Error, InAnyNodeAtAnyItemEndsTheRunAndLeavesNoThread) {
  test::start_workers(4);
  const std::size_t before = thread_count();
  for (const int threads : {1, 2, 4}) {
    for (const RunOn run_on : {RunOn::kPool, RunOn::kOwnThreads}) {
      for (const char* node :
           {"source", "transform", "filter", "batch", "expand", "emit", "sink"}) {
        for (int at = 0; at < 20; ++at) {
          EXPECT_EQ(error_of_graph(node, at, threads, run_on),
                    std::string(node) + ": item " + std::to_string(at) + ": is broken");
        }
      }
    }
  }
  EXPECT_EQ(error_of_graph("batch", -1, 2, RunOn::kPool), "batch: the last batch: is broken");
  EXPECT_LE(thread_count(), before);
}

TEST(Error, OfSeveralTheFirstIsTold) {
  Graph graph("g", {.threads = 4});
  graph.source("s", count_to(1000)) >>
      graph.transform("t", {.concurrency = 4},
                      [](int i) -> int { throw std::runtime_error(std::to_string(i)); }) >>
      graph.sink("eat", [](int) {});
  EXPECT_THAT(error_of([&] { graph.run(); }), testing::MatchesRegex("t: item ([0-9]+): [0-9]+"));
}

struct Fragile {
  int number = 0;
  Fragile(int n) : number(n) {}
  Fragile(Fragile&&) = default;
  Fragile& operator=(Fragile&&) = default;
  Fragile(const Fragile& other) : number(other.number) {
    if (number == 3) throw std::runtime_error("cannot be copied");
  }
};

TEST(Error, OfACopyForABranchEndsTheRun) {
  Graph graph("g");
  auto fork = graph.broadcast<Fragile>("fork", {.on_error = OnError::kSkip}, 2);
  graph.source("s", count_to(9)) >> graph.transform("t", [](int i) { return Fragile(i); }) >>
      fork.input;
  fork[0] >> graph.sink("a", [](const Fragile&) {});
  fork[1] >> graph.sink("b", [](const Fragile&) {});
  EXPECT_EQ(error_of([&] { graph.run(); }), "fork: item 3: cannot be copied");
}

struct Mute {};
std::string describe(const Mute&) { throw std::runtime_error("no words"); }

TEST(Error, InDescribingAnItemEndsTheRun) {
  Graph graph("g");
  graph.source("s", count_to(9)) >> graph.transform("t", [](int) { return Mute{}; }) >>
      graph.sink("eat", [](Mute) { throw std::runtime_error("is broken"); });
  EXPECT_EQ(error_of([&] { graph.run(); }), "eat: item 0: no words");
}

TEST(Skip, DropsTheItemCountsItAndGoesOn) {
  Graph graph("g", {.threads = 2});
  int sum = 0;
  graph.source("s", count_to(100)) >>
      graph.transform("t", {.concurrency = 3, .on_error = OnError::kSkip},
                      [](int i) {
                        if (i % 10 == 3) throw std::runtime_error("three");
                        return 1;
                      }) >>
      graph.sink("eat", [&](int i) { sum += i; });
  const GraphSnapshot snapshot = graph.run();
  EXPECT_EQ(sum, 90);
  EXPECT_EQ(snapshot.node("t").skipped, 10u);
  EXPECT_EQ(snapshot.node("t").errors, 10u);
  EXPECT_EQ(snapshot.node("t").items_in, 100u);
  EXPECT_EQ(snapshot.node("t").items_out, 90u);
}

TEST(Skip, EndsTheRunAtItsLimit) {
  Graph graph("g");
  graph.source("s", count_to(100)) >>
      graph.transform("t", {.on_error = OnError::kSkip, .skip_limit = 2},
                      [](int i) {
                        if (i % 10 == 3) throw std::runtime_error("three");
                        return 1;
                      }) >>
      graph.sink("eat", [](int) {});
  EXPECT_EQ(error_of([&] { graph.run(); }),
            "t: item 23: three; 2 items were skipped before it, which is the limit");
}

TEST(Skip, TellsOfEveryDroppedItemOneAtATime) {
  std::vector<std::string> told;
  GraphOptions options{.threads = 4};
  options.on_skip = [&](const std::string& text) { told.push_back(text); };
  Graph graph("g", options);
  graph.source("read", count_to(100)) >> graph.transform("wrap", [](int i) { return Photo{i}; }) >>
      graph.transform("decode", {.concurrency = 4, .on_error = OnError::kSkip},
                      [](Photo photo) {
                        if (photo.number % 2 == 0) throw std::runtime_error("not a JPEG");
                        return photo;
                      }) >>
      graph.sink("eat", {.on_error = OnError::kSkip}, [](const Photo& photo) {
        if (photo.number == 51) throw std::runtime_error("too odd");
      });
  graph.run();
  EXPECT_EQ(told.size(), 51u);
  EXPECT_THAT(told, testing::Contains("decode: record 48 of photos.rec: not a JPEG"));
  EXPECT_THAT(told, testing::Contains("eat: record 51 of photos.rec: too odd"));
}

TEST(Skip, EndsTheRunWhenTellingThrows) {
  GraphOptions options;
  options.on_skip = [](const std::string&) { throw std::runtime_error("disk full"); };
  Graph graph("g", options);
  graph.source("s", count_to(9)) >> graph.sink("eat", {.on_error = OnError::kSkip}, [](int i) {
    if (i == 3) throw std::runtime_error("three");
  });
  EXPECT_EQ(error_of([&] { graph.run(); }), "on_skip: disk full");
}

TEST(Skip, EndsTheRunWhenASourceOnlyEverFails) {
  Graph graph("g");
  graph.source("s", {.on_error = OnError::kSkip},
               [i = 0]() mutable -> std::optional<int> {
                 if (i == 2) throw std::runtime_error("no such file");
                 return i++;
               }) >>
      graph.sink("eat", [](int) {});
  EXPECT_EQ(error_of([&] { graph.run(); }),
            "s: item 2: no such file; the source has failed 1000 times in a row");
  EXPECT_EQ(graph.snapshot().node("s").skipped, 999u);
}

TEST(Skip, LetsASourceGoOnToItsNextItem) {
  Graph graph("g");
  std::vector<int> seen;
  graph.source("s", {.on_error = OnError::kSkip},
               [i = 0]() mutable -> std::optional<int> {
                 if (++i % 3 == 0) throw std::runtime_error("three");
                 return i < 8 ? std::optional(i) : std::nullopt;
               }) >>
      graph.sink("eat", [&](int i) { seen.push_back(i); });
  EXPECT_EQ(graph.run().node("s").skipped, 2u);
  EXPECT_EQ(seen, (std::vector<int>{1, 2, 4, 5, 7}));
}

}  // namespace
}  // namespace forebay
